"""How a run comes to its end: through clearance to flash, or at once when asked twice or when clearance takes too long."""

from edge.model.commands import Command, CommandKind
from edge.model.units import SECOND_MS, Ms

MARGIN_MS: Ms = 5 * SECOND_MS
"""Ours: beyond the site's longest stop the orderly way is given up. Start-up all red and a late loop have room in it."""

CONFIRM_MS: Ms = SECOND_MS
"""Ours: how long the last flash image is waited for until the devices have confirmed it."""


class Ending:
    """One way to flash, for a stop or for a take-over. `ask` may come from a POSIX signal's handler."""

    def __init__(self, longest_stop_ms: Ms) -> None:
        self.bound_ms = longest_stop_ms + MARGIN_MS
        self._asked = 0
        self._obeyed = 0
        self._who, self._why = "", ""
        self._since: Ms | None = None
        self._flash: tuple[Ms, int] | None = None
        self.overdue = False

    def ask(self, who: str, why: str) -> None:
        """Ask to end; asked again: at once."""
        self._asked += 1
        self._who, self._why = who, why

    @property
    def asked(self) -> bool:
        """Whether the run is to end."""
        return self._asked > 0

    @property
    def why(self) -> str:
        """Who asked last, and why."""
        return f"{self._who}: {self._why}"

    def commands(self, now: Ms) -> tuple[Command, ...]:
        """What to tell the engine in the tick at `now`."""
        if not self._asked:
            return ()
        if self._since is None:
            self._since = now
        if now - self._since > self.bound_ms and not self.overdue:
            self.overdue = True
            return (Command(CommandKind.FLASH_NOW, "stopline", "clearance took longer than the site's longest stop"),)
        asked, self._obeyed, before = min(self._asked, 2), min(self._asked, 2), self._obeyed
        kinds = (CommandKind.STOP, CommandKind.FLASH_NOW)[before:asked]
        return tuple(Command(kind, self._who, self._why) for kind in kinds)

    def done(self, now: Ms, *, stopped: bool, newest: int, confirmed: int) -> bool:
        """Whether flash is reached and shown. `newest`, `confirmed`: the image written in this tick, and the one that
        every device that answers has confirmed."""
        if not self._asked or not stopped:
            return False
        if self._flash is None:
            self._flash = (now, newest)
        since, first = self._flash
        return confirmed >= first or now - since > CONFIRM_MS
