"""Who may ask, and with what right.

Askers stand in a row, each with more right than the one before: the strategy (a plan, coordination, later the adaptive
layer), then what inputs and operators ask for, transit priority, manual control, and preemption last. Each is given what
those before it ask for and returns what shall be asked for instead; `edge.control.controller` keeps the row. None of them
reaches an interval: what is asked for is heard by `rings`, and only behind minimum, walk and pedestrian clearance.
"""

from typing import Protocol

from edge.control.asks import Asks
from edge.control.view import View
from edge.model.coordination import CoordStatus
from edge.model.events import Event
from edge.model.units import Ms, PhaseNumber, PlanNumber


class Strategy(Protocol):
    """What runs instead of plain actuation: asks first, and has the least right."""

    @property
    def plan_number(self) -> PlanNumber | None:
        """The plan (pattern) that it runs, for the screen and the log; None for free operation."""

    def cycle_timer_ms(self, reference_ms: Ms) -> Ms | None:
        """Where the plan stands in its cycle, ms from its start; None where it has none."""

    def ask(self, view: View) -> tuple[Asks, list[Event]]:
        """What it asks for in this tick, and what is logged of it."""

    @property
    def longest_wait_ms(self) -> Ms | None:
        """The longest that a call can wait; None where waiting is no fault."""

    def never_served(self) -> frozenset[PhaseNumber]:
        """The phases that are not served at all while it runs."""

    def says(self, phase: PhaseNumber) -> str | None:
        """Why the phase stays as it is, for the screen; None where it has nothing to do with that."""

    def coordination(self) -> CoordStatus | None:
        """How it stands with the clock; None where it does not coordinate."""

    def announce(self) -> list[Event]:
        """The events that say which plan runs: pattern, cycle, offset, splits."""


class Asker(Protocol):
    """One in the row above the strategy."""

    def shape(self, view: View, asks: Asks) -> tuple[Asks, list[Event]]:
        """What shall be asked for instead of `asks`, and what is logged of it. Called once in every tick of RUN."""
