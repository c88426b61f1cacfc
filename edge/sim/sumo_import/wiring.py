"""What an imported traffic light is wired to: its channels, and its detectors with the phases they call."""

from collections.abc import Iterator
from dataclasses import dataclass

from edge.model.overlaps import LETTERS
from edge.model.units import PhaseNumber
from edge.sim.sumo_import.actuation import best_phase, is_as_good, second_phases
from edge.sim.sumo_import.lanes import SECOND_FROM, Placed
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


@dataclass(frozen=True, slots=True)
class Caller:
    """A detector: a loop of a lane and the phase it calls."""

    number: int
    placed: Placed
    phase: PhaseNumber
    advance: bool = False
    second: bool = False


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
    """The detectors: at the lines, upstream, and the second inputs.

    Raises:
        NetProblem: there are more than detectors have numbers.
    """
    for placed in site.lanes:
        yield Caller(placed.number, placed, best_phase(placed.lane))
    for placed in site.lanes:
        if placed.advance:
            yield Caller(placed.lane.advance[0], placed, best_phase(placed.lane), advance=True)
    for number, (placed, phase) in enumerate(_second_calls(site), start=SECOND_FROM + 1):
        if number > _MOST_DETECTORS:
            raise NetProblem(f"traffic light {site.signal.tls} needs more than {_MOST_DETECTORS} detectors")
        yield Caller(number, placed, phase, second=True)


def _second_calls(site: Imported) -> Iterator[tuple[Placed, PhaseNumber]]:
    """The lanes that call another phase too, lane by lane."""
    called = {best_phase(p.lane) for p in site.lanes} | {q for p in site.lanes for q in second_phases(p.lane)}
    idle = [p for p in site.layout.sequence.phases if p not in called | {walk.phase for walk in site.layout.walks}]
    for placed in site.lanes:
        for phase in (*second_phases(placed.lane), *(p for p in idle if is_as_good(placed.lane, p))):
            yield placed, phase
