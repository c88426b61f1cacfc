"""Shadow: recorded traffic under other controls, judged in slices, quarter by quarter, within a share of the computer."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from edge.adaptive import evidence
from edge.adaptive.lanes import lanes_of
from edge.adaptive.shadow_stretch import Stretch
from edge.adaptive.shadow_vehicles import Discharge, Vehicle
from edge.control.controller import Controller
from edge.eventlog.decision_blocks import Decided
from edge.model.adaptive import AdaptiveMode, AdaptiveRules
from edge.model.advice import Advice
from edge.model.detectors import InputSample
from edge.model.events import EventCode
from edge.model.exchange import Inputs
from edge.model.faults import FaultKind
from edge.model.lanes import LaneName
from edge.model.observation import Observation
from edge.model.phases import PedTiming
from edge.model.plans import LocalTime
from edge.model.site import Site
from edge.model.units import DetectorNumber, Ms, PhaseNumber
from edge.optimiser import shadow as module
from edge.optimiser.shadow import Case, Shadow, judge, presses
from edge.optimiser.shadow_trial import Press, Street, Trial
from tests.builders import phase, rings, site

LOCAL = LocalTime((2026, 1, 5), 0, 7 * 3_600_000, 1_767_596_400_000, synced=True)
P = PhaseNumber


def crossing() -> Site:
    walk = PedTiming(5_000, 6_000)
    rows = [phase(2, ped=walk), phase(4)]
    return site(rings("2 | 4"), rows, adaptive=AdaptiveRules(AdaptiveMode.ADVISE))


def stretch(where: Site, *due: tuple[int, Ms], until: Ms = 120_000) -> Stretch:
    """Vehicles by phase and instant."""
    lanes = lanes_of(where)
    names = {next(iter(lane.phases)): lane.name for lane in lanes}
    vehicles = tuple(Vehicle(names[P(number)], at) for number, at in due)
    return Stretch(lanes, vehicles, {lane.name: Discharge() for lane in lanes}, {}, {}, 0, until, 0, until)


class Asks:
    """Asks for the same all the time."""

    def __init__(self, **asks: frozenset[PhaseNumber]) -> None:
        self._asks = asks
        self.seen: list[Observation] = []

    def advise(self, seen: Observation) -> Advice:
        self.seen.append(seen)
        return replace(Advice(seen.now), **self._asks)  # type: ignore[arg-type]


def delay(trial: Trial) -> float:
    while trial.second():
        pass
    return trial.delay_s()


FAILED = {DetectorNumber(2): FaultKind.DETECTOR_STALE}
TRAFFIC = ((2, 20_000), (2, 22_000), (2, 50_000), (4, 25_000), (4, 26_000), (4, 28_000), (4, 70_000))


def street(*more: tuple[int, Ms], presses: tuple[Press, ...] = ()) -> Street:
    where = crossing()
    return Street(where, stretch(where, *TRAFFIC, *more), presses, LOCAL)


def test_an_adviser_that_asks_for_nothing_is_plain_actuation() -> None:
    asks = Asks()
    assert delay(Trial(street(), asks)) == delay(Trial(street()))
    assert len(asks.seen) == 120
    assert any(edge.on for seen in asks.seen for edge in seen.edges)


def test_advice_is_followed_in_a_trial() -> None:
    plain = delay(Trial(street()))
    kept = delay(Trial(street(), Asks(omits=frozenset({P(4)}))))
    assert kept > plain


def test_the_fixed_plan_hears_no_loop() -> None:
    more = tuple((2, 30_000 + 1_000 * k) for k in range(20))
    assert delay(Trial(street(*more), fixed=True)) > delay(Trial(street(*more)))


def test_whoever_pressed_presses_again() -> None:
    asks = Asks()
    delay(Trial(street(presses=((40_000, P(2)), (40_000, P(4)))), asks))
    assert any(row.ped_call or row.ped.value for seen in asks.seen for row in seen.phases)
    assert not any(row.ped_call for row in asks.seen[5].phases if row.number == 4)


@pytest.mark.parametrize("has_lane", [False, True])
def test_a_partner_at_the_line_is_a_zone_unless_it_is_the_loop_of_another_lane(
    *,
    has_lane: bool,
) -> None:
    base = crossing()
    own = lanes_of(base)
    partner = replace(base.detectors[DetectorNumber(2)], number=DetectorNumber(22), partner=DetectorNumber(2))
    other = replace(own[0], name=LaneName("other"), stopbar=(partner.number,), advance=())
    where = replace(
        base, detectors={**base.detectors, partner.number: partner}, lanes=(other, *own) if has_lane else own
    )
    asks = Asks()
    delay(Trial(Street(where, stretch(where, (2, 20_000)), (), LOCAL), asks))
    assert (partner.number in {edge.detector for seen in asks.seen for edge in seen.edges}) is not has_lane


def record(where: Site, seconds: int, adviser: Asks | None = None) -> Iterator[Decided]:
    """The engine on a street of regular traffic: every 9 s a vehicle on either phase, over its loop in 1.5 s of green."""
    controller, greens = Controller(where, 0), set()
    loops = {n: InputSample(occupied=False, count=0, taken_ms=0) for n in where.detectors}
    waiting = dict.fromkeys(where.detectors, 0)
    left = dict.fromkeys(where.detectors, 0)
    for now in range(0, seconds * 1_000, 100):
        for number, old in list(loops.items()):
            waiting[number] += now % 9_000 == 1_000 * number
            goes = number in greens and old.occupied and now - max(old.taken_ms, left[number] + 1_400) >= 600
            if goes:
                waiting[number] -= 1
                left[number] = now
            on = not goes and waiting[number] > 0 and now - left[number] >= 800
            if on != old.occupied:
                loops[number] = InputSample(occupied=on, count=old.count + on, taken_ms=now)
        buttons = {number: InputSample(occupied=False, count=0, taken_ms=now) for number in where.buttons}
        samples = {number: replace(sample, taken_ms=now) for number, sample in loops.items()}
        local = replace(LOCAL, day_ms=LOCAL.day_ms + now, epoch_ms=LOCAL.epoch_ms + now)
        for event in controller.step(now, Inputs(samples, buttons, local)).events:
            if event.code == EventCode.PHASE_BEGIN_GREEN:
                greens.add(event.parameter)
            elif event.code == EventCode.PHASE_GREEN_TERMINATION:
                greens.discard(event.parameter)
        if now % 1_000 == 900:
            seen = controller.observation()
            assert seen is not None
            yield Decided(seen, (adviser or Asks()).advise(seen))


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quarters of 100 s, so that the test is quick."""
    for name, ms in (("BEFORE_MS", 30_000), ("QUARTER_MS", 100_000), ("AFTER_MS", 30_000)):
        monkeypatch.setattr(module, name, ms)


class Clock:
    """Each look costs half a millisecond."""

    def __init__(self) -> None:
        self.us = 0

    def __call__(self) -> int:
        self.us += 500
        return self.us


@pytest.mark.usefixtures("short")
def test_a_quarter_is_judged_in_slices_within_its_share_of_the_computer() -> None:
    where = crossing()
    shadow, clock, found = Shadow(where, Asks), Clock(), []
    for decided in record(where, 300):
        shadow.see(decided)
        before = clock.us
        quarter = shadow.work(clock)
        assert clock.us - before <= 2 * 200_500  # a slice looks twice
        found += [quarter] if quarter is not None else []
    assert len(found) == 2
    (first, second) = found
    assert (first.hour, first.weekend, first.day) == (7, False, 20_458)
    assert first.vehicles == pytest.approx(22, abs=2)
    assert first.fits
    assert first.actuated_s == first.advised_s
    assert first.done_s == pytest.approx(first.actuated_s, rel=0.3)
    assert first.acted == 0.0
    assert second.epoch_ms - first.epoch_ms == 100_000
    assert shadow.left_out == 0


@pytest.mark.usefixtures("short")
def test_a_slow_computer_leaves_quarters_out_and_says_so() -> None:
    where = crossing()
    shadow, found = Shadow(where, Asks), 0
    for decided in record(where, 300):
        shadow.see(decided)
        us = iter(range(0, 10**9, 400_000))
        found += shadow.work(lambda us=us: next(us)) is not None  # type: ignore[misc]
    assert found == 0
    assert shadow.left_out == 1


@pytest.mark.usefixtures("short")
def test_seconds_that_are_missing_begin_the_stretch_anew() -> None:
    where = crossing()
    shadow = Shadow(where, Asks)
    for k, decided in enumerate(record(where, 250)):
        if not 100 <= k < 112:
            shadow.see(decided)
        assert shadow.work(Clock()) is None


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(
    "spoilt", [{"free": False}, {"failed": {DetectorNumber(2): FaultKind.DETECTOR_STALE}}, {"local": None}]
)
def test_a_quarter_that_was_not_free_or_had_a_loop_out_of_service_says_nothing(spoilt: dict[str, object]) -> None:
    where = crossing()
    rows = [replace(d.seen, **spoilt) for d in record(where, 165)]  # type: ignore[arg-type]
    case = Case(where, tuple(Decided(seen, Advice(seen.now)) for seen in rows), 30_900)
    assert not [found for found in judge(case, Asks) if found is not None]


def test_a_press_is_a_pedestrian_call_that_was_not_there_before() -> None:
    where = crossing()
    rows = list(record(where, 4))

    def called(decided: Decided, *numbers: int) -> Decided:
        phases = tuple(replace(row, ped_call=row.number in numbers) for row in decided.seen.phases)
        return decided._replace(seen=replace(decided.seen, phases=phases))

    found = presses([called(rows[0], 2), called(rows[1], 2, 4), called(rows[2], 4), called(rows[3], 2, 4)])
    assert found == [(900, 2), (1_900, 4), (3_900, 2)]


def test_the_names_of_lanes_are_those_of_the_site() -> None:
    assert {lane.name for lane in lanes_of(crossing())} == {LaneName("2/2"), LaneName("4/4")}
    assert evidence.LEAST_QUARTERS == 8
