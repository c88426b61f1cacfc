"""How a traffic light is laid out in phases: rings, signal groups, walks. What `stages` and `dual` find and `write` writes."""

from collections.abc import Mapping
from dataclasses import dataclass

from edge.model.sequence import Sequence
from edge.model.units import PhaseNumber


@dataclass(frozen=True, slots=True)
class Group:
    """One signal group: links that always show the same. `phases`: it is green with any of these (one: it is that phase's
    channel; several: a normal overlap, in a dual ring that of its own approach first)."""

    links: frozenset[int]
    phases: tuple[PhaseNumber, ...]
    move: str = ""


@dataclass(frozen=True, slots=True)
class Walk:
    """A crossing: its link, and the phase it walks with."""

    link: int
    edge: str
    phase: PhaseNumber
    length_m: float


@dataclass(frozen=True, slots=True)
class Layout:
    """The phases of one traffic light. `moves`: what each phase is called."""

    sequence: Sequence
    groups: tuple[Group, ...]
    walks: tuple[Walk, ...]
    moves: Mapping[PhaseNumber, str]
    dual: bool

    def green_in(self, phase: PhaseNumber) -> frozenset[int]:
        """The links that are green in the green of a phase."""
        groups = frozenset(link for group in self.groups if phase in group.phases for link in group.links)
        return groups | {walk.link for walk in self.walks if walk.phase == phase}

    def beside(self, phase: PhaseNumber) -> frozenset[int]:
        """The links that may be green while a phase is, its own included."""
        mates = [q for q in self.sequence.phases if self.sequence.concurrent(phase, q)]
        return frozenset(link for q in mates for link in self.green_in(q))

    def goes_in(self, link: int) -> tuple[PhaseNumber, ...]:
        """The phases in whose green a link goes."""
        return next((group.phases for group in self.groups if link in group.links), ())
