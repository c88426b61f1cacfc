"""Sites for tests, built in code: small, complete, valid, and independent of any file."""

from collections.abc import Mapping
from collections.abc import Sequence as Row
from dataclasses import replace

from edge.model.detectors import Detector, DetectorKind, DetectorLimits, InputRef, InputSample, PedButton
from edge.model.devices import Device, MockOptions
from edge.model.indications import ChannelKind, Indication
from edge.model.phases import PedTiming, Phase, Recall
from edge.model.plans import FixedPlan
from edge.model.sequence import Sequence
from edge.model.site import Card, CardChannel, Channel, Fallback, LogLimits, Options, Site, StartUp
from edge.model.units import ButtonNumber, ChannelNumber, DetectorNumber, Ms, PhaseNumber, PlanNumber

LIMITS = DetectorLimits(max_presence_ms=300_000, no_activity_ms=0, erratic_per_min=0)


def rings(*rows: str) -> Sequence:
    """`rings("1 2 | 3 4", "5 6 | 7 8")`."""
    return Sequence(
        tuple(tuple(tuple(PhaseNumber(int(p)) for p in group.split()) for group in row.split("|")) for row in rows)
    )


def phase(number: int, **changes: object) -> Phase:
    """A phase with small unequal timings, so that coincidences do not hide faults."""
    base = Phase(
        PhaseNumber(number),
        move="",
        min_green_ms=4_000 + 300 * number,
        passage_ms=2_000 + 100 * number,
        max_green_ms=20_000 + 700 * number,
        yellow_ms=3_000 + 100 * (number % 5),
        red_clear_ms=1_000 + 100 * (number % 3),
        locking=True,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def site(
    sequence: Sequence, phases: Row[Phase], *, intergreen: Mapping[tuple[int, int], Ms] | None = None, **changes: object
) -> Site:
    """A complete site: one channel and one detector a phase, a pedestrian channel and a button where it has a walk."""
    by_number = {p.number: p for p in phases}
    assert set(by_number) == set(sequence.phases)
    channels = _channels(phases)
    built = Site(
        id=1,
        name="test",
        timezone="UTC",
        sequence=sequence,
        options=Options(red_revert_ms=2_000),
        phases=by_number,
        intergreen={(PhaseNumber(a), PhaseNumber(b)): ms for (a, b), ms in (intergreen or {}).items()},
        devices={"mock": Device("mock", MockOptions())},
        detectors={DetectorNumber(p.number): _detector(p) for p in phases},
        buttons={
            ButtonNumber(p.number): PedButton(ButtonNumber(p.number), InputRef("mock", f"p{p.number}"), p.number)
            for p in phases
            if p.ped
        },
        channels={c.number: c for c in channels},
        card=card_for(sequence, channels, by_number),
        plans={PlanNumber(1): plan_for(sequence, by_number)},
        schedule=(),
        exceptions=(),
        fallback=Fallback(PlanNumber(1), 0, 200, 3_600_000, 60_000),
        start_up=StartUp(5_000, 3_000, 4_000, _first(sequence)),
        log_limits=LogLimits(1, 1),
    )
    return replace(built, **changes)  # type: ignore[arg-type]


def _first(sequence: Sequence) -> tuple[PhaseNumber, ...]:
    return tuple(ring[0][0] for ring in sequence.rings if ring[0])


def _detector(p: Phase) -> Detector:
    number = DetectorNumber(p.number)
    counts = p.added_initial is not None
    return Detector(
        number, InputRef("mock", str(p.number)), p.number, DetectorKind.STOPBAR, LIMITS, adds_initial=counts
    )


def _channels(phases: Row[Phase]) -> list[Channel]:
    channels = []
    for p in phases:
        n = p.number
        flash = Indication.FLASH_RED
        wires = (3 * n, 3 * n + 1, 3 * n + 2)
        channels.append(Channel(ChannelNumber(n), ChannelKind.VEHICLE, n, "mock", wires, flash))
        if p.ped:
            ped = ChannelNumber(n + 20)
            wires2 = (100 + 2 * n, 101 + 2 * n)
            channels.append(Channel(ped, ChannelKind.PEDESTRIAN, n, "mock", wires2, Indication.DARK))
    return sorted(channels, key=lambda c: c.number)


def card_for(sequence: Sequence, channels: Row[Channel], phases: Mapping[PhaseNumber, Phase] | None = None) -> Card:
    """The card that agrees with the rings, and with what the heads of `phases` show."""
    permissive = frozenset(
        frozenset((a.number, b.number))
        for a in channels
        for b in channels
        if a.number < b.number and sequence.concurrent(a.phase, b.phase)
    )
    return Card(
        tuple(_card_channel(c, (phases or {}).get(c.phase)) for c in channels),
        permissive,
        "a test",
    )


def _card_channel(channel: Channel, phase: Phase | None) -> CardChannel:
    ped = channel.kind is ChannelKind.PEDESTRIAN
    plain = CardChannel(channel.number, channel.kind, channel.flash, 2_700, 2_700, may_be_dark=ped)
    if phase is None:
        return plain
    if phase.ped is not None and ped:
        steady = phase.ped.steady_clearance
        return replace(plain, steady_clearance=steady, min_ped_clearance_ms=phase.ped.clearance_ms if steady else 0)
    return replace(
        plain,
        min_red_ms=phase.min_red_ms,
        min_red_yellow_ms=phase.red_yellow_ms,
        max_red_yellow_ms=2 * phase.red_yellow_ms,
        min_green_blink_ms=phase.green_blink_ms,
    )


def plan_for(sequence: Sequence, phases: Mapping[PhaseNumber, Phase], spare_ms: Ms = 6_000) -> FixedPlan:
    """A fixed plan: each phase its minimum with pedestrians and some to spare, the rings padded to meet."""
    splits: dict[PhaseNumber, Ms] = {}
    ready = max((p.red_yellow_ms for p in phases.values()), default=0)

    def around(p: PhaseNumber) -> Ms:
        return phases[p].green_blink_ms + ready + spare_ms

    for g in range(sequence.group_count):
        rows = [ring[g] for ring in sequence.rings]
        for row in rows:
            splits.update({p: phases[p].longest_minimum_ms + phases[p].change_ms + around(p) for p in row})
        length = max(sum(splits[p] for p in row) for row in rows)
        for row in rows:
            if row:
                splits[row[-1]] += length - sum(splits[p] for p in row)
    cycle = max(sum(splits[p] for group in ring for p in group) for ring in sequence.rings)
    return FixedPlan(PlanNumber(1), "test", cycle, 0, splits)


def two_phase(**changes: object) -> Site:
    """Two conflicting phases on one ring."""
    return site(rings("2 | 4"), [phase(2), phase(4)], intergreen=None, **changes)


def quad(**changes: object) -> Site:
    """The NEMA dual ring with four pedestrian movements."""
    peds = {n: PedTiming(walk_ms=5_000 + 100 * n, clearance_ms=8_000 + 100 * n) for n in (2, 4, 6, 8)}
    phases = [phase(n, ped=peds.get(n), dual_entry=n in (4, 8)) for n in range(1, 9)]
    options = Options(red_revert_ms=2_000, rest_in=(PhaseNumber(2), PhaseNumber(6)))
    return site(rings("1 2 | 3 4", "5 6 | 7 8"), phases, intergreen=None, **({"options": options} | changes))


def recalled(built: Site, recall: Recall, *numbers: int) -> Site:
    """The site with these phases on recall."""
    phases = {n: replace(p, recall=recall if n in numbers else p.recall) for n, p in built.phases.items()}
    return replace(built, phases=phases)


def sample(now: Ms, *, on: bool, count: int = 0) -> InputSample:
    """A fresh sample."""
    return InputSample(on, count, now)
