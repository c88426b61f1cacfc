"""The presence of a loop, tick by tick, from the vehicles that SUMO says were over it in a step. Pure.

SUMO tells of each vehicle when it entered and left, within the step and to the hundredth of a second; a wire tells only whether
anybody is there. So vehicles that overlap on a long loop are one actuation, as on a wire. A vehicle that changed lane onto the
loop is missed by SUMO's induction loop and seen by its lane area: it is there (`ghosts`) from the step on that saw it first.
"""

from collections.abc import Iterable, Sequence

from edge.model.units import Ms

Span = tuple[Ms, Ms]
"""From when to when a vehicle is over the loop."""

STILL_THERE: Ms = 10**12
"""When a vehicle leaves that is still over the loop."""


class Presence:
    """One loop's presence and its count of actuations, as a card would report them."""

    __slots__ = ("_edges", "_ghost", "count", "on")

    def __init__(self) -> None:
        self.on = False
        self.count = 0
        self._ghost = False
        self._edges: list[tuple[Ms, bool]] = []

    def step(self, began: Ms, ended: Ms, spans: Iterable[Span], *, ghosts: bool) -> None:
        """Take in the step from `began` to `ended`: all vehicles over the loop, and whether there are any but those."""
        on = self.at(STILL_THERE)
        found = [span for span in spans if span[1] > began]
        if ghosts:
            found.append((began if self._ghost else ended, STILL_THERE))
        self._ghost = ghosts
        if found or on:
            self._edges = _edges(_merged(found), began, ended, on=on)

    def at(self, now: Ms) -> bool:
        """Whether it is occupied at `now`; called with rising instants of the step."""
        edges = self._edges
        while edges and edges[0][0] <= now:
            self.on = edges.pop(0)[1]
            self.count += self.on
        return self.on


def _merged(spans: Sequence[Span]) -> list[Span]:
    """The spans in order of time, those that touch or overlap made one."""
    merged: list[Span] = []
    for entered, left in sorted(spans):
        if merged and entered <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(left, merged[-1][1]))
        else:
            merged.append((entered, left))
    return merged


def _edges(spans: Sequence[Span], began: Ms, ended: Ms, *, on: bool) -> list[tuple[Ms, bool]]:
    """The changes of level until `ended`; a level at `began` that no span explains changes at once."""
    edges: list[tuple[Ms, bool]] = []
    level = on
    if on and not any(entered <= began < left for entered, left in spans):
        edges.append((began, False))
        level = False
    for entered, left in spans:
        if entered <= ended and not (level and entered <= began):
            edges.append((max(entered, began), True))
        level = False
        if left <= ended:
            edges.append((max(left, began), False))
    return edges
