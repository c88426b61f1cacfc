"""Greens that were too short for a queue which reaches over the advance loop, where nobody counts it.

A plan that believes in a short queue ends its green too soon, again and again, and loses in changes what a long green would
carry. A lane whose long queue was cut off keeps its green from then on until the flow has a gap, as in plain actuation.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class LongQueue:
    """One lane, green by green."""

    failures: int = 0
    """Greens in a row that began with a long queue and ended while one vehicle still followed the other."""
    cut_off: bool = False
    """A long queue was cut off, and since then there has been one at the beginning of every green."""
    _began: bool = False

    def begin_green(self, *, long: bool) -> None:
        """A green begins; `long`: with a queue over the advance loop."""
        self._began = long
        self.cut_off = self.cut_off and long

    def end_green(self, *, flows: bool) -> None:
        """It ends; `flows`: one vehicle still follows the other over the advance loop."""
        failed = self._began and flows
        self.failures = self.failures + 1 if failed else 0
        self.cut_off = self.cut_off or failed
