"""Sites for the simulation tests, built straight from the model, and a signal plan that needs no controller."""

from collections.abc import Mapping

from edge.model.detectors import Detector, DetectorKind, DetectorLimits, InputRef, PedButton
from edge.model.devices import Device, MockOptions
from edge.model.indications import ChannelKind, Indication
from edge.model.phases import PedTiming, Phase, Recall
from edge.model.plans import FREE, FixedPlan, ScheduleEntry
from edge.model.sequence import Sequence
from edge.model.site import Card, CardChannel, Channel, Fallback, LogLimits, Options, Site, StartUp
from edge.model.units import ButtonNumber, ChannelNumber, DetectorNumber, Ms, PhaseNumber, PlanNumber

LIMITS = DetectorLimits(max_presence_ms=0, no_activity_ms=0, erratic_per_min=0)
MOVES = {1: "NBL", 2: "SBT", 3: "EBL", 4: "WBT", 5: "SBL", 6: "NBT", 7: "WBL", 8: "EBT"}


def detector(number: int, phase: int, kind: DetectorKind, move: str = "", distance_m: float | None = None) -> Detector:
    ref = InputRef("loops", str(number))
    return Detector(DetectorNumber(number), ref, PhaseNumber(phase), kind, LIMITS, move=move, distance_m=distance_m)


def site_of(
    rings: tuple[tuple[tuple[int, ...], ...], ...],
    moves: Mapping[int, str],
    detectors: tuple[Detector, ...],
    walks: tuple[int, ...] = (),
    splits: Mapping[int, Ms] | None = None,
) -> Site:
    sequence = Sequence(tuple(tuple(tuple(map(PhaseNumber, group)) for group in ring) for ring in rings))
    phases = {
        PhaseNumber(n): Phase(
            PhaseNumber(n),
            move,
            min_green_ms=5_000,
            passage_ms=2_500,
            max_green_ms=30_000,
            yellow_ms=3_600,
            red_clear_ms=1_500,
            recall=Recall.MIN if n in {2, 6} else Recall.NONE,
            ped=PedTiming(7_000, 10_000) if n in walks else None,
        )
        for n, move in moves.items()
    }
    channels = {
        ChannelNumber(n): Channel(
            ChannelNumber(n),
            ChannelKind.VEHICLE,
            PhaseNumber(n),
            "cab",
            (3 * n - 3, 3 * n - 2, 3 * n - 1),
            Indication.FLASH_RED,
        )
        for n in moves
    }
    for n in walks:
        number = ChannelNumber(n + 20)
        channels[number] = Channel(
            number, ChannelKind.PEDESTRIAN, PhaseNumber(n), "cab", (40 + 2 * n, 41 + 2 * n), Indication.DARK
        )
    together = frozenset(
        frozenset((a, b))
        for a in channels
        for b in channels
        if a != b and sequence.concurrent(channels[a].phase, channels[b].phase)
    )
    card = Card(
        tuple(
            CardChannel(n, c.kind, c.flash, 3_000, 4_000, may_be_dark=c.kind is ChannelKind.PEDESTRIAN)
            for n, c in channels.items()
        ),
        together,
    )
    cycle = sum(sum((splits or {}).get(n, 25_000) for n in group) for group in rings[0])
    plan = FixedPlan(PlanNumber(1), "all day", cycle, 0, {PhaseNumber(n): (splits or {}).get(n, 25_000) for n in moves})
    return Site(
        id=7,
        name="Test Street & Proof Avenue",
        timezone="America/Denver",
        sequence=sequence,
        options=Options(red_revert_ms=2_000),
        phases=phases,
        intergreen={},
        devices={name: Device(name, MockOptions()) for name in ("loops", "cab")},
        detectors={d.number: d for d in detectors},
        buttons={ButtonNumber(n): PedButton(ButtonNumber(n), InputRef("cab", f"in{n}"), PhaseNumber(n)) for n in walks},
        channels=channels,
        card=card,
        plans={PlanNumber(1): plan},
        schedule=(ScheduleEntry(frozenset(range(7)), 0, FREE),),
        exceptions=(),
        fallback=Fallback(PlanNumber(1), 99, 200, 3_600_000, 600_000),
        start_up=StartUp(3_000, 3_000, 3_000, tuple(PhaseNumber(group[0]) for group in (ring[0] for ring in rings))),
        log_limits=LogLimits(30, 100),
    )


def two_phase() -> Site:
    """One lane each way: an advance loop on N-S, a stop-bar loop on E-W."""
    detectors = (
        detector(1, 2, DetectorKind.ADVANCE, distance_m=60.0),
        detector(2, 4, DetectorKind.STOPBAR),
        detector(3, 2, DetectorKind.COUNT),
    )
    return site_of((((2,), (4,)),), {2: "SBT", 4: "EBT"}, detectors)


def eight_phase() -> Site:
    """The NEMA dual ring with left turns, two through lanes on each leg, pedestrians beside the throughs."""
    detectors = []
    for n, move in MOVES.items():
        if move.endswith("L"):
            detectors.append(detector(n, n, DetectorKind.STOPBAR, move))
            continue
        for lane in (1, 2):
            detectors.append(detector(n + 10 * lane, n, DetectorKind.STOPBAR, f"{move}-{lane}"))
            detectors.append(detector(n + 30 + 10 * lane, n, DetectorKind.ADVANCE, f"{move}-{lane}", 70.0))
    return site_of((((1, 2), (3, 4)), ((5, 6), (7, 8))), MOVES, tuple(detectors), (2, 4, 6, 8))


def cycle(site: Site, now: Ms) -> dict[ChannelNumber, Indication]:
    """What a fixed cycle shows: for every barrier group in turn, all its phases in order; walk beside the green."""
    plan = next(iter(site.plans.values()))
    shown = {n: _red(c.kind) for n, c in site.channels.items()}
    for ring in site.sequence.rings:
        at = now % plan.cycle_ms
        for phase in (phase for group in ring for phase in group):
            if 0 <= at < plan.splits[phase]:
                _show(site, phase, at, plan.splits[phase], shown)
            at -= plan.splits[phase]
    return shown


def _red(kind: ChannelKind) -> Indication:
    return Indication.RED if kind is ChannelKind.VEHICLE else Indication.DONT_WALK


def _show(site: Site, phase: PhaseNumber, at: Ms, split: Ms, shown: dict[ChannelNumber, Indication]) -> None:
    row = site.phases[phase]
    green_until, red_from = split - row.change_ms, split - row.red_clear_ms
    light = Indication.GREEN if at < green_until else Indication.YELLOW if at < red_from else Indication.RED
    for number, channel in site.channels.items():
        if channel.phase == phase and channel.kind is ChannelKind.VEHICLE:
            shown[number] = light
        elif channel.phase == phase and row.ped and light is Indication.GREEN:
            shown[number] = Indication.WALK if at < row.ped.walk_ms else Indication.PED_CLEARANCE
