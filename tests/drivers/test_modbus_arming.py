"""A module is armed only if it is seen to drop its outputs soon enough; the refusal says register, found, wanted, remedy."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.modbus_arming import Armed, Inquiry, Refusal, Terms, arming, watch
from drivers.modbus_codec import Function, Reply, Request
from edge.model.modbus_profiles import PROFILES, Cell, Mark, OnMasterLoss, Profile, Space, Trip, Watchdog

_SPACES = {
    Function.READ_COILS: Space.COILS,
    Function.READ_DISCRETE_INPUTS: Space.DISCRETE_INPUTS,
    Function.READ_HOLDING_REGISTERS: Space.HOLDING_REGISTERS,
    Function.READ_INPUT_REGISTERS: Space.INPUT_REGISTERS,
    Function.WRITE_COIL: Space.COILS,
    Function.WRITE_REGISTER: Space.HOLDING_REGISTERS,
}
PROVEN = sorted(name for name, profile in PROFILES.items() if profile.proves_dead_man)
UNPROVEN = sorted(set(PROFILES) - set(PROVEN))


class Module:
    """A module as a table of cells; `obeys`: whether a reset of its trip has any effect."""

    def __init__(self, profile: Profile, time_ms: int = 500, *, obeys: bool = True) -> None:
        self.cells: dict[tuple[Space, int], int] = {}
        self.written: list[Request] = []
        self._profile = profile
        self._obeys = obeys
        watchdog = profile.watchdog
        assert watchdog is not None
        for demand in watchdog.demands:
            self.put(demand.cell, demand.allowed[0])
        if watchdog.time is not None:
            self.put(watchdog.time.cell, time_ms // watchdog.time.unit_ms)
        self._healthy = dict(self.cells)

    def put(self, cell: Cell, value: int) -> None:
        self.cells[cell.space, cell.address] = value

    def trip(self) -> Trip:
        assert self._profile.watchdog is not None
        trip = self._profile.watchdog.trip
        assert trip is not None
        self.put(trip.cell, trip.values[0])
        return trip

    def ask(self, request: Request) -> Reply:
        place = (_SPACES[request.function], request.address)
        if request.values:
            self.written.append(request)
            if self._obeys:
                self.cells = dict(self._healthy)
            return Reply(request.unit, request.function, request.address, request.values)
        return Reply(request.unit, request.function, None, (self.cells.get(place, 0),))


def _terms(name: str, **changes: object) -> Terms:
    terms = Terms(7, name, PROFILES[name], watchdog_ms=500, external_monitor=False)
    return replace(terms, **changes)  # type: ignore[arg-type]  # keyword by keyword


def _verdict(inquiry: Inquiry, module: Module | None) -> Armed | Refusal:
    def nobody(request: Request) -> Reply:
        pytest.fail(f"asked {request}")

    while (verdict := inquiry.step(module.ask if module else nobody)) is None:
        pass
    return verdict


def _arm(terms: Terms, module: Module | None) -> Armed | Refusal:
    return _verdict(Inquiry(arming(terms)), module)


def _said(verdict: Armed | Refusal) -> str:
    assert isinstance(verdict, Refusal)
    return verdict.said


def _cells(names: Iterable[str]) -> list[tuple[str, int]]:
    return [(name, i) for name in names for i, _ in enumerate((PROFILES[name].watchdog or Watchdog()).demands)]


@pytest.mark.parametrize("name", PROVEN)
def test_a_module_set_as_wanted_is_armed_with_its_own_time(name: str) -> None:
    module = Module(PROFILES[name])
    armed = _arm(_terms(name), module)
    assert isinstance(armed, Armed)
    assert armed.dead_man_ms == 500
    assert module.written == []


@pytest.mark.parametrize("name", PROVEN)
@pytest.mark.parametrize(("time_ms", "what"), [(0, "is off"), (600, "is too slow")])
def test_a_watchdog_that_is_off_or_too_slow_is_refused(name: str, time_ms: int, what: str) -> None:
    profile = PROFILES[name]
    said = _said(_arm(_terms(name), Module(profile, time_ms)))
    assert what in said
    assert profile.watchdog is not None
    assert profile.watchdog.time is not None
    unit_ms = profile.watchdog.time.unit_ms
    assert f"{profile.watchdog.time.cell.address}" in said
    assert f"is {time_ms // unit_ms}" in said
    assert f"set it to {500 // unit_ms} or less" in said


@pytest.mark.parametrize(("name", "demand"), _cells(PROVEN))
def test_every_setting_demanded_is_looked_at(name: str, demand: int) -> None:
    profile = PROFILES[name]
    assert profile.watchdog is not None
    wanted = profile.watchdog.demands[demand]
    module = Module(profile)
    wrong = next(value for value in range(9) if value not in wanted.allowed and value != 2)
    module.put(wanted.cell, wrong)
    said = _said(_arm(_terms(name), module))
    assert wanted.meaning in said
    assert f"is {wrong}" in said
    assert "set it to" in said


@pytest.mark.parametrize("name", UNPROVEN)
def test_a_module_whose_dead_man_cannot_be_seen_needs_an_external_monitor(name: str) -> None:
    said = _said(_arm(_terms(name), None))
    assert name in said
    assert "external_monitor: true" in said


@pytest.mark.parametrize("name", [name for name in UNPROVEN if PROFILES[name].watchdog is None])
def test_behind_an_external_monitor_it_is_armed(name: str) -> None:
    assert _arm(_terms(name, external_monitor=True), None) == Armed()


def test_an_external_monitor_does_not_excuse_a_watchdog_that_reads_as_off() -> None:
    assert "is off" in _said(
        _arm(_terms("beckhoff-ek9000", external_monitor=True), Module(PROFILES["beckhoff-ek9000"], 0))
    )


TRIPPING = sorted(name for name, profile in PROFILES.items() if profile.watchdog and profile.watchdog.trip)


@pytest.mark.parametrize("name", [n for n in TRIPPING if (PROFILES[n].watchdog or Watchdog()).trip.clear])  # type: ignore[union-attr]
def test_an_expired_watchdog_is_reset_once_and_in_the_way_the_profile_defines(name: str) -> None:
    module = Module(PROFILES[name])
    trip = module.trip()
    assert isinstance(_arm(_terms(name, external_monitor=True), module), Armed)
    assert [(request.address, request.values) for request in module.written] == [
        (trip.clear.address if trip.clear else None, (trip.clear_value,))
    ]


@pytest.mark.parametrize("name", TRIPPING)
def test_a_watchdog_that_stays_expired_is_refused(name: str) -> None:
    module = Module(PROFILES[name], obeys=False)
    module.trip()
    said = _said(_arm(_terms(name, external_monitor=True), module))
    assert "expired" in said
    assert len(module.written) <= 1


def test_an_expiry_while_armed_is_noticed_by_its_flag() -> None:
    module = Module(PROFILES["wago-750"])
    terms = _terms("wago-750")
    armed = _arm(terms, module)
    assert isinstance(armed, Armed)
    assert _verdict(Inquiry(watch(terms, armed)), module) == armed
    module.trip()
    assert "expired" in _said(_verdict(Inquiry(watch(terms, armed)), module))


def test_an_expiry_while_armed_is_noticed_by_its_counter() -> None:
    module = Module(PROFILES["beckhoff-ek9000"])
    terms = _terms("beckhoff-ek9000")
    armed = _arm(terms, module)
    assert isinstance(armed, Armed)
    assert _verdict(Inquiry(watch(terms, armed)), module) == armed
    module.put(Cell(Space.HOLDING_REGISTERS, 0x1021, Mark.SOURCE), 1)
    assert "went from 0 to 1" in _said(_verdict(Inquiry(watch(terms, armed)), module))


def test_nothing_is_asked_while_armed_of_a_module_that_tells_nothing() -> None:
    assert _verdict(Inquiry(watch(_terms("generic"), Armed())), None) == Armed()


def test_the_probe_is_the_first_question() -> None:
    probe = Request(7, Function.READ_COILS, 3, 6)
    asked: list[Request] = []

    def note(request: Request) -> Reply:
        asked.append(request)
        return Reply(7, request.function, None, (0,))

    assert Inquiry(arming(_terms("generic", external_monitor=True, probe=probe))).step(note) is None
    assert asked == [probe]


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_every_profile_says_what_it_is_and_keeps_its_addresses_on_the_wire(name: str) -> None:
    profile = PROFILES[name]
    assert profile.title
    assert profile.notes
    watchdog = profile.watchdog or Watchdog()
    cells = [demand.cell for demand in watchdog.demands]
    cells += [watchdog.time.cell] if watchdog.time else []
    cells += [watchdog.trip.cell] if watchdog.trip else []
    assert all(0 <= cell.address <= 0xFFFF for cell in cells)


def test_holding_and_unknown_modules_never_prove_a_dead_man() -> None:
    for profile in PROFILES.values():
        if profile.on_master_loss in {OnMasterLoss.HOLD, OnMasterLoss.UNKNOWN}:
            assert not profile.proves_dead_man


def test_the_manual_lists_every_profile() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "drivers-modbus.md").read_text(encoding="utf-8")
    assert [name for name in PROFILES if f"| `{name}` |" not in manual] == []
