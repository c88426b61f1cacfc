"""May this module be trusted with lamps? Reads its watchdog back, as its profile says where. Pure: questions out, replies in.

A module is armed only if it is seen to drop its outputs when nobody refreshes them, and soon enough; where that cannot be
read back, only behind an external monitor that the site declares. The settings themselves are the technician's: nothing is
written here but the reset of an expired watchdog, and only where the profile defines it.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from drivers.modbus_codec import Function, Reply, Request
from edge.model.modbus_profiles import Cell, OnMasterLoss, Profile, Space, Trip, WatchdogTime
from edge.model.units import Ms

DEFAULT_WATCHDOG_MS: Final[Ms] = 1_000
"""Slowest watchdog accepted where the site names none: the 1.0 s of a type 170/2070 controller's watchdog."""

_READ: Mapping[Space, Function] = {
    Space.COILS: Function.READ_COILS,
    Space.DISCRETE_INPUTS: Function.READ_DISCRETE_INPUTS,
    Space.HOLDING_REGISTERS: Function.READ_HOLDING_REGISTERS,
    Space.INPUT_REGISTERS: Function.READ_INPUT_REGISTERS,
}
_WRITE: Mapping[Space, Function] = {
    Space.COILS: Function.WRITE_COIL,
    Space.HOLDING_REGISTERS: Function.WRITE_REGISTER,
}
_LOSS: Mapping[OnMasterLoss, str] = {
    OnMasterLoss.UNKNOWN: "what its outputs do when the controller is gone is not known",
    OnMasterLoss.HOLD: "its outputs stay as they are when the controller is gone",
    OnMasterLoss.OFF: "its watchdog cannot be read back",
    OnMasterLoss.SAFE: "its watchdog cannot be read back",
}


@dataclass(frozen=True, slots=True)
class Armed:
    """The module may be written. `dead_man_ms`: its time-out as read, None if unreadable; `trips`: its count of expiries."""

    dead_man_ms: Ms | None = None
    trips: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """The module may not be written: which register, what was found, what is wanted and what to do."""

    said: str


Questions: TypeAlias = Generator[Request, Reply, Armed | Refusal]
"""Yields one request after the other, is sent the reply to each, and returns the verdict."""


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms one unit is armed. `watchdog_ms`: the slowest time-out accepted; `probe`: a first question, asked only
    to see that the unit is there and that what it asks for can be read."""

    unit: int
    profile_name: str
    profile: Profile
    watchdog_ms: Ms
    external_monitor: bool
    probe: Request | None = None


class Inquiry:
    """Asks the questions one at a time, so that the line can serve others between two of them."""

    def __init__(self, questions: Questions) -> None:
        self._questions = questions
        self._reply: Reply | None = None

    def step(self, ask: Callable[[Request], Reply]) -> Armed | Refusal | None:
        """Ask the next question; the verdict once there is none left. After an error from `ask` begin a new inquiry."""
        try:
            request = next(self._questions) if self._reply is None else self._questions.send(self._reply)
        except StopIteration as end:
            verdict: Armed | Refusal = end.value
            return verdict
        self._reply = ask(request)
        return None


def arming(terms: Terms) -> Questions:
    """The questions to ask before the first lamp image, in order: expired? settings? time-out?"""
    if not terms.profile.proves_dead_man and not terms.external_monitor:
        return Refusal(_no_proof(terms))
    if terms.probe is not None:
        yield terms.probe
    watchdog = terms.profile.watchdog
    if watchdog is None:
        return Armed()
    if watchdog.trip is not None and (refusal := (yield from _untripped(terms, watchdog.trip))):
        return refusal
    for demand in watchdog.demands:
        found = yield from _value(terms, demand.cell)
        if found not in demand.allowed:
            wanted = " or ".join(str(value) for value in demand.allowed)
            return Refusal(f"{demand.meaning} ({_name(demand.cell)} is {found}); set it to {wanted}")
    dead_man_ms = None
    if watchdog.time is not None:
        dead_man_ms = (yield from _value(terms, watchdog.time.cell)) * watchdog.time.unit_ms
        if said := _fault_of_time(watchdog.time, dead_man_ms, terms.watchdog_ms):
            return Refusal(said)
    trips = (yield from _value(terms, watchdog.trips)) if watchdog.trips is not None else None
    return Armed(dead_man_ms, trips)


def watch(terms: Terms, armed: Armed) -> Questions:
    """The questions to ask now and then while armed: has the watchdog expired behind our back?"""
    watchdog = terms.profile.watchdog
    if watchdog is None:
        return armed
    if watchdog.trip is not None and (found := (yield from _value(terms, watchdog.trip.cell))) in watchdog.trip.values:
        return Refusal(f"its watchdog has expired ({_name(watchdog.trip.cell)} is {found})")
    if watchdog.trips is not None and (found := (yield from _value(terms, watchdog.trips))) != armed.trips:
        return Refusal(f"its watchdog has expired ({_name(watchdog.trips)} went from {armed.trips} to {found})")
    return armed


def _untripped(terms: Terms, trip: Trip) -> Generator[Request, Reply, Refusal | None]:
    """See that the watchdog has not expired, resetting it once where the profile says how."""
    found = yield from _value(terms, trip.cell)
    if found not in trip.values:
        return None
    what = f"its watchdog has expired ({_name(trip.cell)} is {found})"
    if trip.clear is None:
        return Refusal(
            f"{what} and cannot be reset over Modbus; reset it with the maker's tool or switch it off and on"
        )
    yield Request(terms.unit, _WRITE[trip.clear.space], trip.clear.address, 1, (trip.clear_value,))
    found = yield from _value(terms, trip.cell)
    if found not in trip.values:
        return None
    return Refusal(
        f"{what} and stays so after {trip.clear_value} was written to {_name(trip.clear)}; look at the module"
    )


def _value(terms: Terms, cell: Cell) -> Generator[Request, Reply, int]:
    reply = yield Request(terms.unit, _READ[cell.space], cell.address, 1)
    return reply.values[0]


def _name(cell: Cell) -> str:
    return f"{cell.space.value} {cell.address} (0x{cell.address:04X})"


def _fault_of_time(time: WatchdogTime, found_ms: Ms, wanted_ms: Ms) -> str | None:
    what = f"{_name(time.cell)} is {found_ms // time.unit_ms}"
    remedy = f"set it to {wanted_ms // time.unit_ms} or less ({wanted_ms} ms)"
    if found_ms == 0:
        return f"its watchdog is off ({what}); {remedy}"
    if found_ms > wanted_ms:
        return f"its watchdog is too slow ({what}: {found_ms} ms); {remedy}"
    return None


def _no_proof(terms: Terms) -> str:
    return (
        f"profile {terms.profile_name}: {_LOSS[terms.profile.on_master_loss]}; put its lamps behind an external monitor and "
        "write external_monitor: true for this device, or use a module whose watchdog can be read back"
    )
