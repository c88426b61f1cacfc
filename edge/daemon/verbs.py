"""What the control socket answers, verb by verb. Runs in the server's thread: reads what was published, asks by the desk."""

from collections.abc import Callable, Mapping
from typing import Protocol

from edge.control_socket.connection import Pending
from edge.control_socket.protocol import Code, Refused, Reply, Request
from edge.control_socket.server import Access, Answer, Verb
from edge.daemon import orders
from edge.daemon.advising import Advising
from edge.daemon.desk import Desk
from edge.model.commands import Command, CommandKind
from edge.model.told import tell_advice
from edge.status import render
from edge.status.control import overrides
from edge.status.facts import Entry, Published

_MOST_EVENTS = 1_000
_OF_PHASES = (CommandKind.CALL, CommandKind.PED_CALL, CommandKind.HOLD, CommandKind.OMIT, CommandKind.PED_OMIT)


class Daemon(Protocol):
    """What the verbs may reach of the running daemon."""

    desk: Desk
    advising: Advising

    @property
    def published(self) -> Published | None:
        """The state after the last tick."""

    def tail(self, count: int) -> list[Entry]:
        """The newest entries of the memory ring, oldest first."""

    def ask_reload(self, pending: Pending) -> None:
        """Have the site file read again."""

    def ask_snapshot(self, reason: str) -> None:
        """Have the last half minute written."""


def table(daemon: Daemon) -> Mapping[str, Verb]:
    """Every verb by name; `subscribe` is the server's own and repeats `status`."""
    return {
        "status": Verb(_published(daemon, render.status)),
        "faults": Verb(_published(daemon, render.faults)),
        "detectors": Verb(_published(daemon, render.detectors)),
        "health": Verb(_published(daemon, render.health)),
        "events": Verb(lambda request: _events(daemon, request)),
        "explain": Verb(lambda _: _explain(daemon)),
        "overrides": Verb(lambda _: {"overrides": overrides(_state(daemon))}),
        "flash": Verb(lambda request: _flash(daemon, request), Access.CHANGE),
        "plan": Verb(lambda request: orders.run(daemon.desk, _state(daemon).site, request), Access.CHANGE),
        "maximum_2": Verb(lambda request: orders.maximum_2(daemon.desk, _state(daemon).site, request), Access.CHANGE),
        "cancel": Verb(lambda request: orders.cancel(daemon.desk, request), Access.CHANGE),
        **{kind.value: Verb(_phases(daemon, kind), Access.CHANGE) for kind in _OF_PHASES},
        "resume": Verb(lambda request: _resume(daemon, request), Access.CHANGE),
        "faults_clear": Verb(_command(daemon, CommandKind.CLEAR_LATCH), Access.CHANGE),
        "observe": Verb(daemon.advising.may_follow, Access.ADVISE, daemon.advising.follow),
        "advise": Verb(daemon.advising.put, Access.ADVISE),
        "reload": Verb(lambda _: _reload(daemon), Access.CHANGE),
        "snapshot": Verb(lambda request: _snapshot(daemon, request), Access.CHANGE),
    }


def _published(daemon: Daemon, rendered: Callable[[Published], Reply]) -> Answer:
    def answer(_: Request) -> Reply:
        return rendered(_state(daemon))

    return answer


def _state(daemon: Daemon) -> Published:
    published = daemon.published
    if published is None:
        raise Refused(Code.REFUSED_NOW, "the controller is just starting; ask again in a moment")
    return published


def _events(daemon: Daemon, request: Request) -> Reply:
    count = int(request.number("count", 50, 1, _MOST_EVENTS))
    return {"events": render.entries(daemon.tail(count), _state(daemon).site.timezone)}


def _explain(daemon: Daemon) -> Reply:
    """What the adaptive layer was last told and last advised, the phases' reasons, and the site file that runs."""
    state, told = _state(daemon), daemon.advising.last()
    if told is None or state.core.adaptive is None:
        raise Refused(
            Code.REFUSED_NOW, "adaptive timing is off (adaptive.mode in the site file), so nothing is advised"
        )
    advice = state.core.adaptive.advice
    return {
        **told,
        "advice": None if advice is None else tell_advice(advice),
        "age_ms": state.core.adaptive.age_ms,
    }


def _command(daemon: Daemon, kind: CommandKind) -> Answer:
    def answer(request: Request) -> Pending:
        return daemon.desk.put(kind, request.who, request.why)

    return answer


def _phases(daemon: Daemon, kind: CommandKind) -> Answer:
    def answer(request: Request) -> Pending:
        return orders.phases(daemon.desk, _state(daemon).site, request, kind)

    return answer


def _flash(daemon: Daemon, request: Request) -> Pending:
    for_ms = orders.duration_ms(request, default=0)
    return daemon.desk.place(Command(CommandKind.FLASH, request.who, request.why, for_ms=for_ms))


def _resume(daemon: Daemon, request: Request) -> Pending:
    if daemon.desk.operator_flash is None:
        raise Refused(
            Code.REFUSED_NOW,
            f"no operator has asked for flash, so there is nothing to resume: {render.sentence(_state(daemon))}",
        )
    return daemon.desk.put(CommandKind.RESUME, request.who, request.why)


def _reload(daemon: Daemon) -> Pending:
    pending = Pending()
    daemon.ask_reload(pending)
    return pending


def _snapshot(daemon: Daemon, request: Request) -> Reply:
    daemon.ask_snapshot(f"asked by {request.who}: {request.why}")
    return {}
