"""Where wishes from outside wait for the next tick: from the control socket's thread and from POSIX signals."""

from collections import deque
from dataclasses import dataclass

from edge.control_socket.connection import Pending
from edge.control_socket.protocol import Code, Refused
from edge.model.commands import Command, CommandKind
from edge.model.exchange import Decision
from edge.status.facts import OperatorFlash

_LONGEST_WHY = 200
"""Characters of a reason that are stored; the audit line has all of it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One command, and the answer that somebody waits for."""

    command: Command
    pending: Pending | None = None


class Desk:
    """Filled from any thread, emptied by the loop. Also remembers an operator's flash, which outlives a restart."""

    def __init__(self, operator_flash: OperatorFlash | None = None) -> None:
        self.operator_flash = operator_flash
        self._waiting: deque[Wish] = deque()
        if operator_flash is not None:
            self.flash_again()

    def put(self, kind: CommandKind, who: str, why: str) -> Pending:
        """Have a command obeyed in the next tick."""
        pending = Pending()
        self._waiting.append(Wish(Command(kind, who, why), pending))
        return pending

    def flash_again(self) -> None:
        """Give the standing flash order to an engine that has just begun and does not know of it."""
        if self.operator_flash is not None:
            asked = self.operator_flash
            self._waiting.appendleft(Wish(Command(CommandKind.FLASH, asked.who, asked.why)))

    def take(self) -> list[Wish]:
        """Everything that waits, oldest first."""
        taken = [self._waiting.popleft() for _ in range(len(self._waiting))]
        for wish in taken:
            self._note(wish.command)
        return taken

    def _note(self, command: Command) -> None:
        if command.kind is CommandKind.FLASH:
            self.operator_flash = OperatorFlash(command.who, command.why[:_LONGEST_WHY])
        elif command.kind is CommandKind.RESUME:
            self.operator_flash = None


def answer(wishes: list[Wish], decision: Decision, refusals: dict[int, str | None]) -> None:
    """Tell everybody what came of it. `refusals`: by id() of a command, the monitor's sentence, None for cleared."""
    for wish in wishes:
        if wish.pending is None:
            continue
        refusal = refusals.get(id(wish.command))
        if refusal is not None:
            wish.pending.resolve(Refused(Code.REFUSED_NOW, refusal))
        else:
            wish.pending.resolve({"mode": decision.mode.name.lower(), "rung": decision.rung.name.lower()})
