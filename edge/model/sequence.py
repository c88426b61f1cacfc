"""Rings and barriers of any number, and the concurrency that follows from them.

A ring is a row of barrier groups; a barrier group is the phases of that ring between two barriers, in order of
service. `"1 2 | 3 4"` and `"5 6 | 7 8"` is the NEMA dual ring; a European stage sequence is one ring. Two phases
may time together if, and only if, they stand in different rings of the same barrier group.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from edge.model.units import PhaseNumber


@dataclass(frozen=True, slots=True)
class Place:
    """Where a phase stands: ring, barrier group and rank in the group, each from 0."""

    ring: int
    group: int
    rank: int


@dataclass(frozen=True)
class Sequence:
    """Rings as `rings[ring][group]` = phases in order of service. All rings have the same number of groups.

    Raises:
        ValueError: rings of different length, or a phase that stands twice.
    """

    rings: tuple[tuple[tuple[PhaseNumber, ...], ...], ...]

    def __post_init__(self) -> None:
        lengths = {len(ring) for ring in self.rings}
        if len(lengths) != 1:
            raise ValueError(f"the rings do not meet at the same barriers: {sorted(lengths)} groups")
        places: dict[PhaseNumber, Place] = {}
        for phase, place in self._walk():
            if phase in places:
                raise ValueError(f"phase {phase} stands twice in the rings")
            places[phase] = place
        object.__setattr__(self, "_places", places)

    def _walk(self) -> Iterator[tuple[PhaseNumber, Place]]:
        for r, ring in enumerate(self.rings):
            for g, group in enumerate(ring):
                for k, phase in enumerate(group):
                    yield phase, Place(r, g, k)

    @property
    def places(self) -> dict[PhaseNumber, Place]:
        """Every phase and its place."""
        found: dict[PhaseNumber, Place] = self.__dict__["_places"]
        return found

    @property
    def phases(self) -> tuple[PhaseNumber, ...]:
        """All phases, ascending."""
        return tuple(sorted(self.places))

    @property
    def group_count(self) -> int:
        """The number of barrier groups."""
        return len(self.rings[0])

    def concurrent(self, a: PhaseNumber, b: PhaseNumber) -> bool:
        """Whether the two phases may have right-of-way together. A phase is concurrent with itself."""
        if a == b:
            return True
        pa, pb = self.places[a], self.places[b]
        return pa.group == pb.group and pa.ring != pb.ring

    def conflicts(self, phase: PhaseNumber) -> tuple[PhaseNumber, ...]:
        """The phases that may not have right-of-way together with `phase`, ascending."""
        return tuple(other for other in self.phases if not self.concurrent(phase, other))
