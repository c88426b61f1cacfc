"""Inputs by the clock: a list of edges played against elapsed time. Pure; the mock and the replay driver stand on it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from edge.model.units import Ms


@dataclass(frozen=True, slots=True, order=True)
class InputEdge:
    """One input changes its level, `at_ms` after the beginning."""

    at_ms: Ms
    terminal: str = field(compare=False)
    occupied: bool = field(compare=False)


class Timeline:
    """Edges in order of time, and where each input stands after those that have passed.

    An input whose first edge is its falling one was occupied from the beginning. Every rising edge is one actuation.

    >>> line = Timeline([InputEdge(100, "1", True), InputEdge(300, "1", False), InputEdge(200, "2", False)])
    >>> line.at(0)
    {'1': (False, 0), '2': (True, 0)}
    >>> line.at(250)
    {'1': (True, 1), '2': (False, 0)}
    >>> line.ended
    False
    """

    def __init__(self, edges: Iterable[InputEdge]) -> None:
        self._edges = sorted(edges)
        self._next = 0
        self._inputs: dict[str, tuple[bool, int]] = {}
        for edge in self._edges:
            self._inputs.setdefault(edge.terminal, (not edge.occupied, 0))

    @property
    def ended(self) -> bool:
        """Whether the last edge has passed."""
        return self._next >= len(self._edges)

    def at(self, elapsed_ms: Ms) -> Mapping[str, tuple[bool, int]]:
        """Level and actuations of every input at `elapsed_ms`. Time does not run back: an earlier instant changes nothing."""
        while not self.ended and self._edges[self._next].at_ms <= elapsed_ms:
            edge = self._edges[self._next]
            was_occupied, count = self._inputs[edge.terminal]
            rises = edge.occupied and not was_occupied
            self._inputs[edge.terminal] = (edge.occupied, count + rises)
            self._next += 1
        return dict(self._inputs)
