"""Operators' overrides: free, a plan, a hold, an omit, maximum 2. Each has an owner, a reason and an end.

One that is made of the same thing replaces the one before: there is one choice of the pattern, one hold of a phase, one
choice of the maximum. Nothing here forgets silently: what ended, and how, is for the shell to tell from `standing`.
"""

from dataclasses import replace

from edge.control.asks import Asks, Phases
from edge.control.external import NO_INTERFERENCE, Interference, interfere
from edge.control.view import View
from edge.model.commands import OVERRIDES, Command, CommandKind, Override
from edge.model.control import InControl, Source
from edge.model.events import Event
from edge.model.plans import FREE, Run, RunKind
from edge.model.site import Site
from edge.model.units import Ms

_CHOOSES_RUN = frozenset({CommandKind.FREE, CommandKind.PLAN})


class Overrides:
    """What stands. An asker; `run` is the pattern an operator has chosen."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.standing: tuple[Override, ...] = ()
        self.wish = NO_INTERFERENCE
        self.run: Run | None = None

    def obey(self, now: Ms, command: Command) -> None:
        """Take in one command; what it names and this site has not is left out."""
        if command.kind is CommandKind.CANCEL:
            self._keep(tuple(o for o in self.standing if o.command.id != command.id))
            return
        wanted = self._served(command)
        if command.kind not in OVERRIDES or wanted is None:
            return
        others = tuple(o for o in self.standing if not _replaces(wanted, o.command))
        self._keep((*others, Override(wanted, now + command.for_ms)))

    def expire(self, now: Ms) -> None:
        """End what has come to its end."""
        if any(now >= o.until_ms for o in self.standing):
            self._keep(tuple(o for o in self.standing if now < o.until_ms))

    def shape(self, view: View, asks: Asks) -> tuple[Asks, list[Event]]:
        """Hold, omit and time the maximum as operators say."""
        return interfere(view, asks, self.wish), []

    def in_control(self, now: Ms) -> list[InControl]:
        """Every operator who is in control, and until when."""
        return [
            InControl(Source.OPERATOR, o.what, o.command.who, o.command.why, o.until_ms - now, o.command.id)
            for o in self.standing
        ]

    def _served(self, command: Command) -> Command | None:
        """The command with the phases that exist; None where nothing of it can be served."""
        if command.kind is CommandKind.PLAN:
            return command if command.plan in self._site.plans else None
        phases = tuple(p for p in command.phases if p in self._site.phases)
        return replace(command, phases=phases) if phases or not command.phases else None

    def _keep(self, standing: tuple[Override, ...]) -> None:
        self.standing = standing

        def phases(kind: CommandKind) -> Phases:
            return frozenset(p for o in standing if o.command.kind is kind for p in o.command.phases)

        second = any(o.command.kind is CommandKind.MAXIMUM_2 for o in standing)
        wish = Interference(
            phases(CommandKind.HOLD),
            phases(CommandKind.OMIT),
            phases(CommandKind.PED_OMIT),
            maximum=2 if second else 0,
        )
        self.wish = NO_INTERFERENCE if wish == NO_INTERFERENCE else wish
        self.run = next((_run(o.command) for o in standing if o.command.kind in _CHOOSES_RUN), None)


def _run(command: Command) -> Run:
    return FREE if command.plan is None else Run(RunKind.PLAN, command.plan)


def _replaces(wanted: Command, standing: Command) -> bool:
    """Whether `wanted` takes the place of an override that stands."""
    if wanted.id == standing.id or (wanted.kind in _CHOOSES_RUN and standing.kind in _CHOOSES_RUN):
        return True
    return wanted.kind is standing.kind and set(wanted.phases) == set(standing.phases)
