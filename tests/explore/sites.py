"""The explored sites: timers of a few ticks of one second, unequal in every phase, because equal ones hide faults."""

from collections.abc import Mapping
from collections.abc import Sequence as Row
from dataclasses import dataclass, replace

from edge.model.commands import CommandKind
from edge.model.detectors import DetectorLimits, InputRef
from edge.model.indications import ChannelKind
from edge.model.overlaps import Overlap, OverlapKind
from edge.model.phases import PedTiming, Phase, Recall
from edge.model.preempts import Preempt, PreemptKind
from edge.model.site import Card, Options, Site, StartUp
from edge.model.units import OverlapNumber, PhaseNumber, PreemptNumber
from tests import builders
from tests.control.any_overlaps import with_overlap
from tests.explore.judge import Head, Sheet

TICK = 1_000
"""The explorer's tick, ms. A step may come late, so a second is a tick like any other; timers are 1 to 6 of them."""
PROTECTED, PERMISSIVE = 1_000, 2_000
"""Added to the channel of a flashing arrow: the two heads it is judged as."""
NO_LIMITS = DetectorLimits(0, 0, 0)


@dataclass(frozen=True)
class Explored:
    """One site and what may happen to it in every tick. `quick`: walked in every run of the tests."""

    name: str
    site: Site
    rings: tuple[str, ...]
    commands: tuple[CommandKind, ...] = ()
    wires: tuple[tuple[str, int], ...] = ()  # a preempt's wire, and the phase whose green it must reach
    period: int | None = None
    quick: bool = False


def seconds(
    number: int, min_green: int, passage: int, max_green: int, change: tuple[int, int], **more: object
) -> Phase:
    """A phase in seconds; `change`: yellow and red clearance."""
    yellow, red = change
    return builders.phase(
        number,
        min_green_ms=min_green * TICK,
        passage_ms=passage * TICK,
        max_green_ms=max_green * TICK,
        yellow_ms=yellow * TICK,
        red_clear_ms=red * TICK,
        **({"locking": False} | more),
    )


def small(text: Row[str], phases: Row[Phase], **more: object) -> Site:
    """A site whose card asks for all that the sheet gives, and whose start-up is short."""
    options = more.pop("options", Options(red_revert_ms=2 * TICK))
    built = builders.site(builders.rings(*text), phases, options=options, **more)  # type: ignore[arg-type]
    start_up = StartUp(5 * TICK, 3 * TICK, 6 * TICK, built.start_up.first_phases)
    detectors = {n: replace(d, limits=NO_LIMITS) for n, d in built.detectors.items()}
    return replace(built, start_up=start_up, card=_tight(built), detectors=detectors)


def loops_only(site: Site, *phases: int) -> Site:
    """The site with a loop in these phases only."""
    return replace(site, detectors={n: d for n, d in site.detectors.items() if d.phase in phases})


def _tight(site: Site) -> Card:
    rows = []
    for row in site.card.channels:
        phase = site.phases[site.channels[row.number].phase]
        ped = phase.ped if row.kind is ChannelKind.PEDESTRIAN else None
        if ped is not None:
            rows.append(replace(row, min_walk_ms=ped.walk_ms, min_ped_clearance_ms=ped.clearance_ms))
        else:
            yellow, change, green = phase.yellow_ms, phase.change_ms, phase.min_green_ms
            rows.append(replace(row, min_yellow_ms=yellow, min_yellow_and_red_ms=change, min_green_ms=green))
    return replace(site.card, channels=tuple(rows))


def sheet(explored: Explored) -> Sheet:
    """The site in the judge's words."""
    site = explored.site
    heads = []
    for c in site.channels.values():
        if c.overlap is not None:  # the others are judged by the monitor, and by who waits for them
            heads += _arrow(c.number, site.overlaps[c.overlap]) if c.kind is ChannelKind.ARROW else []
            continue
        p = site.phases[c.phase]
        least: Mapping[str, int] = {"GREEN": p.min_green_ms, "YELLOW": p.yellow_ms}
        if c.kind is ChannelKind.PEDESTRIAN and p.ped is not None:
            least = {"WALK": p.ped.walk_ms, "PED_CLEARANCE": p.ped.clearance_ms}
        heads.append(Head(c.number, p.number, c.kind is ChannelKind.PEDESTRIAN, least, p.yellow_ms + p.red_clear_ms))
    rows = [[[int(p) for p in part.split()] for part in row.split("|")] for row in explored.rings]
    pairs = {
        frozenset((a, b))
        for i, row in enumerate(rows)
        for other in rows[i + 1 :]
        for mine, theirs in zip(row, other, strict=True)
        for a in mine
        for b in theirs
    }
    group = {p: g for row in rows for g, part in enumerate(row) for p in part}
    intergreen = {(int(a), int(b)): ms for (a, b), ms in site.intergreen.items()}
    return Sheet(tuple(heads), frozenset(pairs), group, intergreen, site.options.red_revert_ms, TICK)


def _arrow(channel: int, overlap: Overlap) -> list[Head]:
    """A flashing yellow arrow as two heads: what is green, and its yellow, belongs to the protected phase; what flashes, and
    its yellow, moves with the opposing through."""
    least = {"GREEN": overlap.min_green_ms, "YELLOW": overlap.yellow_ms}
    phases = ((PROTECTED, overlap.parents[0]), (PERMISSIVE, overlap.opposing or overlap.parents[0]))
    ms = overlap.change_ms
    return [Head(k + channel, int(p), pedestrian=False, least=least, clearance=ms, turning=True) for k, p in phases]


PED = PedTiming(walk_ms=TICK, clearance_ms=2 * TICK)

TWO_PHASE = Explored(
    "two phases",
    small(("2 | 4",), [seconds(2, 2, 1, 4, (3, 1), locking=True), seconds(4, 3, 2, 3, (4, 2))]),
    ("2 | 4",),
    quick=True,
)
TWO_PHASE_PED = Explored(
    "two phases, pedestrians",
    small(("2 | 4",), [seconds(2, 1, 1, 3, (2, 1), ped=PED), seconds(4, 2, 1, 2, (1, 1), locking=True, ped=PED)]),
    ("2 | 4",),
)
TWO_PHASE_FLASH = Explored(
    "two phases, a walk, operator flash",
    small(("2 | 4",), [seconds(2, 1, 1, 2, (2, 1), ped=PED), seconds(4, 2, 1, 2, (1, 1))]),
    ("2 | 4",),
    commands=(CommandKind.FLASH, CommandKind.RESUME),
)
DUAL_SMALL = Explored(
    "dual ring, 4 phases, no passage",
    small(
        ("2 | 4", "6 | 8"),
        [
            seconds(2, 1, 0, 1, (1, 1)),
            seconds(4, 1, 0, 1, (2, 0)),
            seconds(6, 1, 0, 2, (1, 0)),
            seconds(8, 1, 0, 1, (1, 1), dual_entry=True),
        ],
        options=Options(TICK),
    ),
    ("2 | 4", "6 | 8"),
    quick=True,
)
DUAL_FOUR = Explored(
    "dual ring, 4 phases",
    small(
        ("2 | 4", "6 | 8"),
        [
            seconds(2, 1, 1, 2, (1, 1)),
            seconds(4, 2, 1, 2, (2, 1)),
            seconds(6, 2, 1, 3, (2, 1)),
            seconds(8, 1, 1, 2, (1, 1), dual_entry=True),
        ],
        options=Options(TICK),
    ),
    ("2 | 4", "6 | 8"),
)
DUAL_FOUR_TOGETHER = Explored(
    "dual ring, 4 phases, locking, simultaneous gap",
    small(
        ("2 | 4", "6 | 8"),
        [
            seconds(2, 1, 1, 3, (2, 1), locking=True),
            seconds(4, 2, 1, 2, (1, 2), locking=True),
            seconds(6, 2, 1, 3, (1, 1), locking=True),
            seconds(8, 1, 1, 2, (2, 1), locking=True, dual_entry=True),
        ],
        options=Options(TICK, (PhaseNumber(2), PhaseNumber(6)), frozenset({frozenset(map(PhaseNumber, (2, 6)))})),
    ),
    ("2 | 4", "6 | 8"),
)
DUAL_EIGHT = Explored(
    "dual ring, 8 phases, 4 and 6 on recall",
    loops_only(
        small(
            ("1 2 | 3 4", "5 6 | 7 8"),
            [
                seconds(1, 1, 0, 1, (1, 0)),
                seconds(2, 1, 0, 1, (1, 1)),
                seconds(3, 1, 0, 1, (1, 1)),
                seconds(4, 1, 0, 1, (2, 0), recall=Recall.MIN),
                seconds(5, 1, 0, 1, (1, 1)),
                seconds(6, 2, 0, 2, (1, 0), recall=Recall.MIN),
                seconds(7, 1, 0, 1, (2, 0)),
                seconds(8, 1, 0, 1, (1, 0), dual_entry=True),
            ],
            options=Options(TICK),
        ),
        1, 2, 3, 5, 7, 8,
    ),
    ("1 2 | 3 4", "5 6 | 7 8"),
)  # fmt: skip
STAGES = Explored(
    "three stages with intergreens",
    small(
        ("1 2 3",),
        [seconds(1, 1, 1, 2, (2, 1), locking=True), seconds(2, 2, 1, 2, (1, 1)), seconds(3, 1, 1, 2, (1, 1))],
        intergreen={(1, 2): 4 * TICK, (2, 3): 2 * TICK, (3, 1): 3 * TICK},
        options=Options(TICK),
    ),
    ("1 2 3",),
    quick=True,
)


def overlap(number: int, parents: Row[int], **more: object) -> Overlap:
    """An overlap of two seconds' green, a yellow of two and a red clearance of one."""
    base = Overlap(
        OverlapNumber(number), "", OverlapKind.NORMAL, tuple(map(PhaseNumber, parents)), 2 * TICK, TICK, 2 * TICK
    )
    return replace(base, **more)  # type: ignore[arg-type]


def arrow(number: int, protected: int, opposing: int, **more: object) -> Overlap:
    """A left turn with a flashing yellow arrow."""
    kind = OverlapKind.FLASHING_YELLOW_ARROW
    return overlap(number, [protected], kind=kind, opposing=PhaseNumber(opposing), **more)


def overlapping(site: Site, *overlaps: Overlap) -> Site:
    """The site with these overlaps and the card that `check` would ask for."""
    for each in overlaps:
        site = with_overlap(site, each)
    return site


FYA = Explored(
    "a left turn with a flashing yellow arrow, not beside the walk",
    overlapping(
        small(
            ("1 2 | 4",),
            [seconds(1, 1, 0, 1, (1, 1)), seconds(2, 2, 1, 2, (2, 1), ped=PED), seconds(4, 1, 0, 1, (1, 1))],
            options=Options(TICK),
        ),
        arrow(1, 1, 2, delay_ms=TICK, not_with_ped=(PhaseNumber(2),)),
    ),
    ("1 2 | 4",),
)
ARROW = Explored(
    "the same without walk and delay",
    overlapping(
        small(
            ("1 2 | 4",),
            [seconds(1, 1, 0, 1, (1, 1)), seconds(2, 2, 0, 2, (2, 1)), seconds(4, 1, 0, 1, (1, 0))],
            options=Options(TICK),
        ),
        arrow(1, 1, 2),
    ),
    ("1 2 | 4",),
    quick=True,
)
RIGHT_TURN = Explored(
    "right turns: from one phase into the other, trailing, minus green",
    overlapping(
        small(
            ("1 | 4", "6 | 8"),
            [
                seconds(1, 1, 0, 1, (1, 1)),
                seconds(4, 1, 0, 1, (2, 0)),
                seconds(6, 1, 0, 2, (1, 0)),
                seconds(8, 1, 0, 1, (1, 1), dual_entry=True),
            ],
            options=Options(TICK),
        ),
        overlap(1, [4, 1]),
        overlap(2, [6], trailing_green_ms=2 * TICK, modifiers=(PhaseNumber(1),)),
    ),
    ("1 | 4", "6 | 8"),
)
PREEMPTED = Explored(
    "two phases, a preempt",
    replace(
        small(("2 | 4",), [seconds(2, 1, 1, 2, (2, 1), locking=True), seconds(4, 2, 1, 2, (1, 1), locking=True)]),
        preempts={
            PreemptNumber(1): Preempt(
                PreemptNumber(1),
                PreemptKind.FIRE,
                InputRef("mock", "fire"),
                delay_ms=TICK,
                dwell=(PhaseNumber(4),),
                min_dwell_ms=2 * TICK,
                exit_phases=(PhaseNumber(2),),
            )
        },
    ),
    ("2 | 4",),
    wires=(("mock.fire", 4),),
)

SITES = (
    FYA,
    ARROW,
    RIGHT_TURN,
    TWO_PHASE,
    TWO_PHASE_PED,
    TWO_PHASE_FLASH,
    STAGES,
    PREEMPTED,
    DUAL_SMALL,
    DUAL_FOUR,
    DUAL_FOUR_TOGETHER,
    DUAL_EIGHT,
)
