"""Whether the last who were seen in a lane have left it: an empty street is silent, and so is a dead cable.

Traffic that ends, ends drained: whoever passed the advance loop leaves over the stop bar, while his lane may go. Loops that die
leave vehicles behind: some that passed the advance loop never come to the line, or who stood at the line is gone under red.
The busier the street, the surer somebody is under way when its loops die.
"""

from edge.model.units import SECOND_MS, Ms

MOST_LEAVING = 0.6
"""Vehicles a second that leave a lane at most while its stop bar is occupied (HCM: 1900 an hour; ours: 2160)."""
A_VEHICLE = 0.5
GAP_S = 3
"""A stop bar free for so long in green has nobody before it, if it lives."""
LATE_S = 5
"""Who leaves the stop bar so early in red has crossed the line late in yellow: nobody vanishes then. Ours: 2 s more than the
longest seen in SUMO, of a vehicle over a loop of 10 m."""


class Leaving:
    """One lane. `turns_on_red`: somebody may leave it under red."""

    __slots__ = ("_came_ms", "_falls", "_free_s", "_left", "_turns_on_red", "_vanished")

    def __init__(self, *, turns_on_red: bool) -> None:
        self._turns_on_red = turns_on_red
        self._left = 0.0  # vehicles between the loops, at the least
        self._came_ms: Ms = 0
        self._falls = 0
        self._free_s = 0
        self._vanished = False

    def came(self, at: Ms, way_s: float) -> None:
        """Somebody reached the advance loop. `way_s`: the slowest way to the line."""
        if self._free_s >= GAP_S and at - self._came_ms > way_s * SECOND_MS:
            self._left, self._vanished = 0.0, False  # it is alive, so the lane was empty
        self._left += 1.0
        self._came_ms = at

    def fell(self) -> None:
        """The stop bar has fallen free."""
        self._falls += 1

    def second(self, *, may_go: bool, occupied: bool, late: bool = False) -> int:
        """One second; how many have left of whom it knew nothing: they came from beside it. `may_go`: its lane is not red;
        `occupied`: somebody is on the stop bar; `late`: who has gone by now may have gone before red."""
        falls, self._falls = self._falls, 0
        may_leave = late or self._turns_on_red
        strangers = falls if self._left < A_VEHICLE and (may_go or may_leave) else 0
        if may_go:
            self._left -= max(MOST_LEAVING if occupied or falls else 0.0, falls)
            self._free_s = 0 if occupied else self._free_s + 1
            self._vanished = self._vanished and not occupied
        elif falls:
            self._left -= falls if may_leave else 0
            self._vanished = not may_leave
        self._left = max(0.0, self._left)
        return strangers

    def gave(self, vehicles: int) -> int:
        """So many who left a lane beside it may have come from here; how many have not."""
        taken = min(int(self._left), vehicles)
        self._left -= taken
        return vehicles - taken

    def forget(self) -> None:
        """Nobody knows what happened until now."""
        self._left, self._falls, self._free_s, self._vanished = 0.0, 0, 0, False

    @property
    def behind(self) -> bool:
        """Whether somebody was seen who has not left."""
        return self._vanished or self._left >= 1.0
