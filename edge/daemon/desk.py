"""Where wishes from outside wait for the next tick: from the control socket's thread and from POSIX signals."""

from collections import deque
from dataclasses import dataclass

from edge.control_socket.connection import Pending
from edge.control_socket.protocol import Code, Refused, Reply
from edge.daemon.overrides import OverrideKeeper
from edge.model.commands import OVERRIDES, Command, CommandKind
from edge.model.exchange import Decision
from edge.model.units import SECOND_MS
from edge.status.facts import OperatorFlash

_LONGEST_WHY = 200
"""Characters of a reason that are stored; the audit line has all of it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One command, and the answer that somebody waits for."""

    command: Command
    pending: Pending | None = None


class Desk:
    """Filled from any thread, emptied by the loop. Also remembers what operators ordered, which outlives a restart."""

    def __init__(self, operator_flash: OperatorFlash | None = None, overrides: OverrideKeeper | None = None) -> None:
        self.operator_flash = operator_flash
        self.overrides = overrides or OverrideKeeper()
        self._waiting: deque[Wish] = deque()
        self.order_again()

    def put(self, kind: CommandKind, who: str, why: str) -> Pending:
        """Have a command obeyed in the next tick."""
        return self.place(Command(kind, who, why))

    def place(self, command: Command) -> Pending:
        """Have this command obeyed in the next tick."""
        pending = Pending()
        self._waiting.append(Wish(command, pending))
        return pending

    def order_again(self) -> None:
        """Give the standing orders to an engine that has just begun and does not know of them."""
        again = [Wish(command) for command in self.overrides.again()]
        if self.operator_flash is not None:
            asked = self.operator_flash
            again.append(Wish(Command(CommandKind.FLASH, asked.who, asked.why)))
        self._waiting.extendleft(reversed(again))

    def take(self, epoch_ms: int) -> list[Wish]:
        """Everything that waits, oldest first; a flash whose time is over is resumed."""
        asked = self.operator_flash
        if asked is not None and 0 < asked.until_epoch_ms <= epoch_ms:
            self.put(CommandKind.RESUME, "stopline", f"the flash that {asked.who} asked for is over")
        taken = [self._waiting.popleft() for _ in range(len(self._waiting))]
        for wish in taken:
            self._note(wish.command, epoch_ms)
        return taken

    def _note(self, command: Command, epoch_ms: int) -> None:
        if command.kind is CommandKind.FLASH:
            standing = self.operator_flash
            until = epoch_ms + command.for_ms if command.for_ms else 0
            if standing is not None and (standing.who, standing.why) == (command.who, command.why[:_LONGEST_WHY]):
                until = until or standing.until_epoch_ms  # the same order, given to a new engine
            self.operator_flash = OperatorFlash(command.who, command.why[:_LONGEST_WHY], until)
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
            said: Reply = {"mode": decision.mode.name.lower(), "rung": decision.rung.name.lower()}
            if wish.command.kind in OVERRIDES:
                said |= {"id": wish.command.id, "for_s": wish.command.for_ms // SECOND_MS}
            wish.pending.resolve(said)
