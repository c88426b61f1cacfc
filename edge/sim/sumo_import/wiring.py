"""What an imported traffic light is wired to: its channels, and its detectors with the phases they call."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from edge.model.overlaps import LETTERS
from edge.model.units import PhaseNumber
from edge.sim.sumo_import.actuation import best_phase, is_as_good, may_be_blocked, second_phases
from edge.sim.sumo_import.lanes import ADVANCE_FROM, SECOND_FROM, ZONE_FROM, Placed
from edge.sim.sumo_import.layout import Group, Layout, Walk
from edge.sim.sumo_import.links import Signal
from edge.sim.sumo_import.problem import NetProblem
from edge.sim.sumo_import.timing import Times

_MOST_CHANNELS = 64
_MOST_DETECTORS = 255


@dataclass(frozen=True, slots=True)
class Imported:
    """Everything that is written about one traffic light."""

    source: str
    signal: Signal
    layout: Layout
    lanes: tuple[Placed, ...]
    times: Times


@dataclass(frozen=True, slots=True)
class ShownChannel:
    """A channel: the group it shows, or the walk."""

    number: int
    group: Group | None
    walk: Walk | None
    letter: str = ""


class Place(Enum):
    """Which loop of its lane a detector is: at the line, the zone from there upstream, farther upstream, or a second input of
    the one at the line."""

    STOPBAR = "stop bar"
    ZONE = "zone"
    ADVANCE = "advance"
    SECOND = "second"


@dataclass(frozen=True, slots=True)
class Caller:
    """A detector: a loop of a lane and the phase it calls."""

    number: int
    placed: Placed
    phase: PhaseNumber
    place: Place = Place.STOPBAR


def channels_of(site: Imported) -> Iterator[ShownChannel]:
    """The channels: signal groups, then walks. Groups that follow several phases are overlaps.

    Raises:
        NetProblem: there are more channels or overlaps than numbers and letters.
    """
    overlaps = 0
    shown: list[Group | Walk] = [*site.layout.groups, *site.layout.walks]
    if len(shown) > _MOST_CHANNELS:
        raise NetProblem(f"traffic light {site.signal.tls} needs {len(shown)} channels; there are {_MOST_CHANNELS}")
    for number, what in enumerate(shown, start=1):
        if isinstance(what, Walk):
            yield ShownChannel(number, None, what)
            continue
        letter = ""
        if len(what.phases) > 1:
            if overlaps == len(LETTERS):
                raise NetProblem(f"traffic light {site.signal.tls} needs more than {len(LETTERS)} overlaps")
            letter = LETTERS[overlaps]
            overlaps += 1
        yield ShownChannel(number, what, None, letter)


def callers_of(site: Imported) -> Iterator[Caller]:
    """The detectors: at the lines, the zones, upstream, and the second inputs.

    Raises:
        NetProblem: there are more than detectors have numbers.
    """
    for placed in site.lanes:
        yield Caller(placed.number, placed, best_phase(placed))
    held = zoned_phases(site)
    for placed in site.lanes:
        if best_phase(placed) in held:
            yield Caller(ZONE_FROM + placed.number, placed, best_phase(placed), Place.ZONE)
    for placed in site.lanes:
        if placed.advance:
            yield Caller(placed.lane.advance[0], placed, best_phase(placed), Place.ADVANCE)
    for number, (placed, phase) in enumerate(_second_calls(site), start=SECOND_FROM + 1):
        if number > _MOST_DETECTORS:
            raise NetProblem(f"traffic light {site.signal.tls} needs more than {_MOST_DETECTORS} detectors")
        yield Caller(number, placed, phase, Place.SECOND)


def zoned_phases(site: Imported) -> Mapping[PhaseNumber, tuple[Placed, ...]]:
    """The phases whose greens are held by zones, with their lanes: of a dual ring, where nobody on one is blocked in the green.

    On shared lanes of stages a zone is held by who waits for a gap, far longer than by a stop-bar loop (a training junction: 18
    and 35 s of delay, `stopline simulate --plant sumo --strategy actuated`).
    """
    if not site.layout.dual:
        return {}
    lanes: dict[PhaseNumber, tuple[Placed, ...]] = {}
    for placed in site.lanes:
        phase = best_phase(placed)
        lanes[phase] = (*lanes.get(phase, ()), placed)
    return {phase: own for phase, own in lanes.items() if all(_may_have_zone(placed) for placed in own)}


def _may_have_zone(placed: Placed) -> bool:
    return bool(placed.zone) and ZONE_FROM + placed.number <= ADVANCE_FROM and not may_be_blocked(placed)


def _second_calls(site: Imported) -> Iterator[tuple[Placed, PhaseNumber]]:
    """The lanes that call another phase too, lane by lane."""
    called = {best_phase(p) for p in site.lanes} | {q for p in site.lanes for q in second_phases(p)}
    idle = [p for p in site.layout.sequence.phases if p not in called | {walk.phase for walk in site.layout.walks}]
    for placed in site.lanes:
        for phase in (*second_phases(placed), *(p for p in idle if is_as_good(placed, p))):
            yield placed, phase
