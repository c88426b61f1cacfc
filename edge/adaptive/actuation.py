"""What plain actuation would do in this second, told from the phases as they stand: the yardstick for what advice changes."""

from collections.abc import Iterator
from enum import Enum

from edge.model.exchange import Interval
from edge.model.observation import Observation, PhaseSeen
from edge.model.site import Site
from edge.model.units import PhaseNumber

GREEN = frozenset({Interval.MIN_GREEN, Interval.EXTENSION, Interval.REST})


class End(Enum):
    """What plain actuation does with a green."""

    MUST_STAY = "its minimum has not passed"
    RESTS = "nobody opposes it"
    EXTENDS = "its traffic extends it"
    GAPPED_OUT = "its traffic has gone"
    MAXED_OUT = "its maximum has passed"


ENDS = frozenset({End.GAPPED_OUT, End.MAXED_OUT})


def is_called(phase: PhaseSeen) -> bool:
    """Whether somebody has asked for it."""
    return phase.vehicle_call or phase.ped_call


def is_wanted(phase: PhaseSeen) -> bool:
    """Whether it is to be served: somebody has asked for it, or a recall does."""
    return phase.demands or is_called(phase)


def opponents(site: Site, seen: Observation, number: PhaseNumber) -> tuple[PhaseNumber, ...]:
    """The phases that are to be served and conflict with it."""
    against = set(site.sequence.conflicts(number))
    return tuple(phase.number for phase in seen.phases if phase.number in against and is_wanted(phase))


def end_of(site: Site, seen: Observation, phase: PhaseSeen) -> End:
    """What plain actuation does with this green now."""
    if phase.minimum_left_ms > 0:
        return End.MUST_STAY
    if not opponents(site, seen, phase.number):
        return End.RESTS
    if phase.max_left_ms is not None and phase.max_left_ms <= 0:
        return End.MAXED_OUT
    return End.GAPPED_OUT if phase.gapped else End.EXTENDS


def next_of(site: Site, seen: Observation, number: PhaseNumber) -> PhaseNumber | None:
    """The phase that plain actuation serves after `number` in its ring; None where none is to be served."""
    called = {phase.number for phase in seen.phases if is_wanted(phase)}
    return next((other for other in _after(site, number) if other in called), None)


def _after(site: Site, number: PhaseNumber) -> Iterator[PhaseNumber]:
    """The ring in order of service from behind `number` round to just before it."""
    order = [phase for group in site.sequence.rings[site.sequence.places[number].ring] for phase in group]
    at = order.index(number)
    yield from order[at + 1 :]
    yield from order[:at]
