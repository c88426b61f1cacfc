"""Any valid site, any detector noise, any driver failure: no conflict, no short interval, every call served in time."""

import random
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from edge.control.waits import longest_wait_ms
from edge.model.commands import OVERRIDES, Command, CommandKind
from edge.model.control import Source
from edge.model.detectors import InputRef, InputSample
from edge.model.exchange import Inputs, Mode, ShellFault
from edge.model.external import Does, ExternalInput, wire_name
from edge.model.faults import FaultKind
from edge.model.indications import ChannelKind, Indication
from edge.model.phases import AddedInitial, DynamicMax, GapReduction, PedTiming, Phase, Recall
from edge.model.plans import LocalTime, Run, RunKind, ScheduleEntry
from edge.model.site import FlashRules, Options, Site
from edge.model.units import PhaseNumber, PlanNumber
from edge.tick import Tick
from tests import builders
from tests.control.any_overlaps import longest_tail_ms, rows, with_overlaps
from tests.control.oracle import STOPPED, Head, Oracle, Waits
from tests.control.overlap_oracle import OverlapOracle

pytestmark = pytest.mark.untraced


@st.composite
def ring_texts(draw: st.DrawFn, most: int = 4) -> list[str]:
    """Rings of any number that meet at any number of barriers; a ring may have nothing between two of them."""
    rings, groups = draw(st.integers(1, most)), draw(st.integers(1, most))
    number, rows = 1, []
    for r in range(rings):
        parts = []
        for _ in range(groups):
            size = draw(st.integers(1 if r == 0 else 0, 3 if number <= 9 else 1))
            parts.append(" ".join(str(n) for n in range(number, number + size)))
            number += size
        rows.append(" | ".join(parts))
    return rows


@st.composite
def green_time(draw: st.DrawFn) -> dict[str, Any]:
    """Volume density, more maximums and conditional service: mostly none of them, as on most streets."""
    if draw(st.integers(0, 2)):
        return {}
    tenths = st.integers
    return {
        "added_initial": draw(st.none() | st.just(AddedInitial(1_500, 20_000))),
        "gap_reduction": draw(st.none() | st.just(GapReduction(2_000, draw(tenths(0, 3)), 5_000, 500))),
        "guaranteed_passage": draw(st.booleans()),
        "dynamic_max": draw(st.none() | st.just(DynamicMax(40_000, 5_000))),
        "red_revert_ms": draw(tenths(0, 80)) * 100,
        "conditional_service": draw(st.booleans()),
        "conditional_reservice": draw(st.booleans()),
    }


@st.composite
def ped_timings(draw: st.DrawFn) -> PedTiming:
    """Walk and clearance, mostly plain."""
    tenths = st.integers
    walk, clearance, recall = draw(tenths(40, 90)) * 100, draw(tenths(30, 120)) * 100, draw(st.booleans())
    if draw(st.integers(0, 2)):
        return PedTiming(walk, clearance, recall)
    return PedTiming(
        walk,
        clearance,
        recall,
        lpi_ms=draw(st.sampled_from([0, 3_000, 3_900])),
        rest_in_walk=draw(st.booleans()),
        recycle=draw(st.booleans()),
        steady_clearance=draw(st.booleans()),
    )


@st.composite
def european(draw: st.DrawFn) -> dict[str, Any]:
    """Red and amber, a green that blinks, a least red: mostly none of them."""
    if draw(st.integers(0, 2)):
        return {}
    return {
        "red_yellow_ms": draw(st.sampled_from([0, 1_000, 2_000])),
        "min_red_ms": draw(st.sampled_from([0, 1_000, 4_000])),
        "green_blink_ms": draw(st.sampled_from([0, 2_000, 4_000])),
    }


@st.composite
def phases(draw: st.DrawFn, number: int) -> Phase:
    """One phase with any timing the check accepts."""
    tenths = st.integers
    min_green = draw(tenths(20, 100)) * 100
    ped = draw(ped_timings()) if draw(st.booleans()) else None
    return Phase(
        PhaseNumber(number),
        "",
        min_green,
        draw(tenths(0, 50)) * 100,
        min_green + draw(tenths(0, 300)) * 100,
        draw(tenths(30, 60)) * 100,
        draw(tenths(0, 40)) * 100,
        recall=draw(st.sampled_from(Recall)),
        locking=draw(st.booleans()),
        dual_entry=draw(st.booleans()),
        ped=ped,
        **draw(green_time()),
        **draw(european()),
    )


class Drawn:
    """A site and the text of its rings; told briefly when it fails."""

    def __init__(self, site: Site, text: list[str]) -> None:
        self.site, self.text = site, text

    @override
    def __repr__(self) -> str:
        rows = [
            (p.number, p.min_green_ms, p.max_green_ms, p.yellow_ms, p.red_clear_ms, p.recall.name, p.ped)
            for p in self.site.phases.values()
        ]
        more = f"{dict(self.site.intergreen)} {self.site.schedule} {dict(self.site.overlaps)}"
        return f"{self.text} {rows} {self.site.options} {more}"


@st.composite
def sites(draw: st.DrawFn, most: int = 4) -> Drawn:
    """Any valid site and the text of its rings, at most so many rings and barriers."""
    text = draw(ring_texts(most))
    sequence = builders.rings(*text)
    rows = [draw(phases(n)) for n in sequence.phases]
    change = {p.number: p.change_ms for p in rows}
    pairs = [(a, b) for a in sequence.phases for b in sequence.conflicts(a)]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=4)) if pairs else []
    intergreen = {(a, b): change[a] + draw(st.integers(0, 40)) * 100 for a, b in chosen}
    rest = tuple(ring[0][0] for ring in sequence.rings if ring[0]) if draw(st.booleans()) else ()
    options = Options(draw(st.sampled_from([20, 60, 255])) * 100, rest)
    built = builders.site(
        sequence, rows, intergreen={(int(a), int(b)): ms for (a, b), ms in intergreen.items()}, options=options
    )
    if draw(st.booleans()):
        yellow = {
            n: replace(c, flash=Indication.FLASH_YELLOW)
            for n, c in built.channels.items()
            if c.phase in rest and c.kind is ChannelKind.VEHICLE
        }
        channels = built.channels | yellow  # type: ignore[operator]
        built = replace(
            built, channels=channels, card=builders.card_for(sequence, list(channels.values()), built.phases)
        )
    if draw(st.booleans()):
        entry = ScheduleEntry(frozenset(range(7)), 0, Run(RunKind.PLAN, PlanNumber(1)))
        built = replace(built, schedule=(entry,))
    return Drawn(draw(with_overlaps(built)), text)


def heads(site: Site) -> list[Head]:
    """The site's channels in the oracle's words."""
    found = []
    for c in site.channels.values():
        if c.overlap is not None:
            continue
        p = site.phases[c.phase]
        ped = c.kind is ChannelKind.PEDESTRIAN
        walk, clearance = (p.ped.walk_ms, p.ped.clearance_ms) if ped and p.ped else (0, 0)
        for preempt in site.preempts.values():  # the only truncation there is, and the site names it
            if ped and preempt.entry is not None:
                walk, clearance = min(walk, preempt.entry.walk_ms), min(clearance, preempt.entry.clearance_ms)
        revert = p.red_revert_ms
        head = Head(c.number, p.number, ped, p.min_green_ms, p.yellow_ms, p.red_clear_ms, walk, clearance, revert)
        if ped and p.ped:
            found.append(replace(head, lead=p.ped.lpi_ms, steady=p.ped.steady_clearance))
        else:
            found.append(replace(head, red_yellow=p.red_yellow_ms, min_red=p.min_red_ms, blink=p.green_blink_ms))
    return found


@dataclass
class World:
    """A run of one site under noise; every image goes to the oracle."""

    site: Site
    text: list[str]
    seed: int

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.tick = Tick(self.site)
        intergreen = {(int(a), int(b)): ms for (a, b), ms in self.site.intergreen.items()}
        self.oracle = Oracle(heads(self.site), self.text, intergreen, self.site.options.red_revert_ms)
        self.overlaps = OverlapOracle(rows(self.site), heads(self.site), self.text)
        self.now = 10_000
        self.clock_ms = 0  # what the wall clock is set ahead
        self.on = dict.fromkeys(self.site.detectors, False)
        self.count = dict.fromkeys(self.site.detectors, 0)
        self.longest_wait = 0
        self.mode = Mode.START_UP_FLASH
        self.waits = Waits(heads(self.site), {p.number for p in self.site.phases.values() if p.locking})
        self.image: dict[int, str] = {}
        self.standing: set[FaultKind] = set()

    def step(
        self, *, flips: float = 0.05, presses: float = 0.01, dead: bool = False, late: int = 0, **more: object
    ) -> None:
        self.now += 100 + late
        for d in self.on:
            if self.rng.random() < flips:
                self.on[d] = not self.on[d]
                self.count[d] += self.on[d]
        samples = {d: InputSample(v, self.count[d], self.now) for d, v in self.on.items()}
        buttons = {b: InputSample(self.rng.random() < presses, 0, self.now) for b in self.site.buttons}
        clock = self.now + self.clock_ms
        local = LocalTime((2026, 3, 2), 0, clock % 86_400_000, clock, synced=True)
        inputs = Inputs({} if dead else samples, {} if dead else buttons, local, **more)  # type: ignore[arg-type]
        result = self.tick.advance(self.now, inputs)
        assert not result.verdict.violations, result.verdict.violations
        self.mode = result.decision.mode
        self.standing = {fault.kind for fault in result.decision.faults}
        self.image = {c: i.name for c, i in result.verdict.permitted.shown.items()}
        self.oracle.see(self.now, {c: i for c, i in self.image.items() if c in self.oracle.heads})
        status = self.tick.controller.status(self.now) if self.mode is Mode.RUN else None
        stands = status is not None and any(c.source is Source.STOP_TIME for c in status.control)
        self.overlaps.see(self.now, self.image, stands=stands)
        if status is not None:
            there = {int(self.site.detectors[d].phase) for d, v in self.on.items() if v}
            pressed = {int(self.site.buttons[b].phase) for b, s in buttons.items() if s.occupied}
            self.waits.see(self.now, self.image, there, pressed)
            self.longest_wait = max([self.longest_wait, *(p.waiting_ms or 0 for p in status.phases)])

    def finish(self) -> None:
        complaints = self.oracle.judge() + self.overlaps.judge()
        assert not complaints, complaints[:5]


@given(sites(), st.integers(0, 2**32), st.sampled_from([0.002, 0.02, 0.2]))
def test_under_any_detector_noise_nothing_conflicts_nothing_is_short_and_every_call_is_served(
    drawn: Drawn, seed: int, flips: float
) -> None:
    """No conflict, no short interval, bounded waits."""
    site, text = drawn.site, drawn.text
    world = World(site, text, seed)
    for _ in range(1200):
        world.step(flips=flips)
    world.finish()
    if not site.schedule:
        assert world.longest_wait <= longest_wait_ms(site) + site.start_up.all_red_ms


@given(sites(), st.integers(0, 2**32))
def test_under_any_failure_and_any_command_nothing_conflicts_and_nothing_is_short(drawn: Drawn, seed: int) -> None:
    """Dead drivers, lost outputs, late ticks, operator flash, resume, clock loss: the images stay safe."""
    site, text = drawn.site, drawn.text
    world = World(site, text, seed)
    rng = random.Random(seed + 1)
    kinds = [FaultKind.OUTPUT_UNVERIFIED, FaultKind.TICK_MISSED, FaultKind.CLOCK_UNSYNCED, FaultKind.CYCLE_FAULT]
    commands: tuple[Command, ...] = ()
    for _ in range(60):
        faults = (ShellFault(rng.choice(kinds), "x"),) if rng.random() < 0.25 else ()
        dead = rng.random() < 0.2
        if rng.random() < 0.2:
            commands = (Command(rng.choice([CommandKind.FLASH, CommandKind.RESUME]), "x", "y"),)
        for _ in range(rng.randint(1, 40)):
            late = rng.choice([0, 0, 0, 0, 37, 2_500])
            world.step(dead=dead, late=late, faults=faults, commands=commands)
            commands = ()
    world.finish()


FLASHES = (Does.REMOTE_FLASH, Does.LOCAL_FLASH, Does.MMU_FLASH)
CALM = tuple(does for does in Does if does not in (Does.RUN, *FLASHES))
STANDING = sorted(OVERRIDES, key=lambda kind: kind.value)


def wired(site: Site, rng: random.Random) -> Site:
    """The site with wires for some of what can be asked from outside, and phases to enter and leave flash by."""
    phases = list(site.phases)

    def some() -> frozenset[PhaseNumber]:
        return frozenset(rng.sample(phases, rng.randint(1, min(3, len(phases)))))

    deeds = [*rng.sample(CALM, 4), *([rng.choice(FLASHES)] if rng.random() < 0.3 else [])]
    inputs = tuple(ExternalInput(k, InputRef("mock", f"w{k}"), does, some()) for k, does in enumerate(deeds, 1))
    ends = tuple(ring[0][0] for ring in site.sequence.rings if ring[0])
    flash = FlashRules(entry=ends if rng.random() < 0.5 else (), exit_to=ends if rng.random() < 0.5 else ())
    return replace(site, inputs=inputs, flash=flash, options=replace(site.options, stop_time_max_ms=20_000))


def any_order(rng: random.Random, site: Site) -> Command:
    """Any order of an operator's."""
    kind = rng.choice([*STANDING, CommandKind.CALL, CommandKind.PED_CALL, CommandKind.CANCEL])
    phases = tuple(rng.sample(list(site.phases), 1)) if kind not in (CommandKind.FREE, CommandKind.PLAN) else ()
    return Command(
        kind, "x", "y", rng.randint(1, 4), phases, PlanNumber(1) if kind is CommandKind.PLAN else None, 9_000
    )


@given(sites(most=3), st.integers(0, 2**32))
def test_whatever_is_asked_from_outside_nothing_conflicts_and_nothing_is_short(drawn: Drawn, seed: int) -> None:
    """Wires that come, go and fall silent, the police panel, stop time, flash inputs, operators' overrides."""
    rng = random.Random(seed + 2)
    site = wired(drawn.site, rng)
    world = World(site, drawn.text, seed)
    on = dict.fromkeys((wire_name(i.input) for i in site.inputs), False)
    for _ in range(900):
        if rng.random() < 0.05:
            name = rng.choice(list(on))
            on[name] = not on[name]
        heard = {name: InputSample(level, 0, world.now + 100) for name, level in on.items() if rng.random() < 0.98}
        commands = (any_order(rng, site),) if rng.random() < 0.01 else ()
        world.step(wires=heard, commands=commands)
    world.finish()


@given(sites(), st.integers(0, 2**32), st.integers(100, 700))
def test_a_stop_reaches_flash_through_all_red_within_the_longest_stop(drawn: Drawn, seed: int, before: int) -> None:
    """SIGTERM's way: every green by its own rules, all red, flash, and in bounded time."""
    site, text = drawn.site, drawn.text
    world = World(site, text, seed)
    for _ in range(before):
        world.step()
    asked, ran, last = world.now, world.mode is Mode.RUN, world.image
    world.step(commands=(Command(CommandKind.STOP, "x", "y"),))
    while world.mode not in (Mode.FLASH, Mode.START_UP_FLASH):
        last = world.image
        world.step()
        assert world.now - asked <= site.longest_stop_ms + 300
    assert not ran or set(last.values()) <= STOPPED
    world.finish()


def bound(site: Site) -> int:
    """Every phase once with a walk begun at the last moment of its maximum, and the clearance after it; ms."""
    worst = max(site.intergreen.values(), default=0)
    total = 0
    for p in site.phases.values():
        walk = p.ped.walk_ms + p.ped.clearance_ms if p.ped else 0
        around = p.red_yellow_ms + p.green_blink_ms + (p.ped.lpi_ms if p.ped else 0)
        change = max(p.yellow_ms + p.red_clear_ms, worst) + longest_tail_ms(site)
        total += max(p.min_green_ms, p.max_green_ms) + walk + change + around + 8 * BRISK
    return total + 2 * site.options.red_revert_ms


BRISK = 500  # ms a tick, to live through many cycles; each of a phase's eight steps may be late by one


@given(sites(most=3), st.integers(0, 2**32), st.sampled_from([0.01, 0.2]), st.sampled_from([0.005, 0.5]))
def test_whoever_waits_at_a_loop_or_a_button_is_served_in_the_time_of_one_long_cycle(
    drawn: Drawn, seed: int, flips: float, presses: float
) -> None:
    """Waits are told by loops, buttons and lamps alone; the bound is arithmetic on the sheet."""
    site = replace(drawn.site, schedule=())
    site = replace(site, phases={n: replace(p, max_green_ms=p.min_green_ms + 3_000) for n, p in site.phases.items()})
    world = World(site, drawn.text, seed)
    for _ in range(2 * bound(site) // BRISK):
        world.step(flips=flips, presses=presses, late=BRISK - 100)
    world.finish()
    assert world.waits.longest <= bound(site)
