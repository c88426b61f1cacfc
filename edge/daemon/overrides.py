"""What the daemon remembers of operators' overrides: their numbers, how they ended, and across a restart.

The engine counts an override down on its own clock and says in each tick which stand. This keeper compares: it tells what
began and how what is gone has ended, and gives a new engine, after a restart or a reload, what still stands.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from edge.model.commands import LONGEST_OVERRIDE_MS, OVERRIDES, Command, CommandKind, Override
from edge.model.units import Ms, PhaseNumber, PlanNumber

_LONGEST_WHO, _LONGEST_WHY = 60, 200
"""Bytes of JSON that are stored: eight overrides must fit a page of the disk, whatever script they are written in."""


@dataclass(frozen=True, slots=True)
class Tick:
    """When and by what a tick was made."""

    now: Ms
    epoch_ms: int
    commands: tuple[Command, ...]


class OverrideKeeper:
    """The overrides of one daemon. `kept`: what an earlier run stored; `notes`: sentences for the log, taken by `told`."""

    def __init__(self, kept: Iterable[Mapping[str, Any]] = (), epoch_ms: int = 0) -> None:
        self._standing: dict[int, Override] = {}
        self._notes: list[str] = []
        self._now: Ms = 0
        self.stored: list[dict[str, Any]] = []
        self._again = [command for row in kept if (command := self._restored(row, epoch_ms)) is not None]
        self._last_id = max((command.id for command in self._again), default=0)

    def next_id(self) -> int:
        """The number of the next override."""
        self._last_id += 1
        return self._last_id

    @property
    def standing(self) -> tuple[Override, ...]:
        """What stood after the last tick."""
        return tuple(self._standing.values())

    def again(self) -> list[Command]:
        """The commands that give an engine that has just begun what still stands."""
        again, self._again = self._again, []
        left = [(o.command, o.until_ms - self._now) for o in self._standing.values()]
        return again + [_for(command, ms) for command, ms in left if ms > 0]

    def see(self, tick: Tick, standing: tuple[Override, ...]) -> list[str]:
        """Take in what stands after a tick. Returns what there is to say, and renews `stored` where that changed."""
        notes, self._notes, self._now = self._notes, [], tick.now
        before = self._standing
        after = {o.command.id: o for o in standing}
        if after == before:
            return notes
        self._standing = after
        for number, gone in before.items():
            if number not in after:
                notes.append(f"override {number} ({gone.what}, {gone.command.who}) {_ended(gone, tick)}")
        for number, new in after.items():
            if number not in before:
                notes.append(f"override {number} ({new.what}, {new.command.who}) stands: {new.command.why}")
        self.stored = [_row(o, tick.epoch_ms + o.until_ms - tick.now) for o in standing]
        return notes

    def _restored(self, row: Mapping[str, Any], epoch_ms: int) -> Command | None:
        command = _command(row)
        if command is None:
            return None
        left = min(int(row["until"]) - epoch_ms, LONGEST_OVERRIDE_MS)
        if left <= 0:
            self._notes.append(
                f"override {command.id} ({command.kind.value}, {command.who}) expired before the restart"
            )
            return None
        return _for(command, left)


def _for(command: Command, left: Ms) -> Command:
    return Command(command.kind, command.who, command.why, command.id, command.phases, command.plan, left)


def _ended(gone: Override, tick: Tick) -> str:
    if tick.now >= gone.until_ms:
        return "has expired"
    cancelled = [c for c in tick.commands if c.kind is CommandKind.CANCEL and c.id == gone.command.id]
    return f"was cancelled by {cancelled[0].who}: {cancelled[0].why}" if cancelled else "was replaced"


def _row(override: Override, until_epoch_ms: int) -> dict[str, Any]:
    c = override.command
    row = {"kind": c.kind.value, "who": _short(c.who, _LONGEST_WHO), "why": _short(c.why, _LONGEST_WHY), "id": c.id}
    return {**row, "phases": list(c.phases), "plan": c.plan, "until": until_epoch_ms}


def _short(text: str, most: int) -> str:
    while len(json.dumps(text)) > most:
        text = text[:-1]
    return text


def _command(row: Mapping[str, Any]) -> Command | None:
    """The command of a stored row; None for one of another version."""
    kinds = {kind.value: kind for kind in OVERRIDES}
    kind = kinds.get(str(row.get("kind")))
    if kind is None or not isinstance(row.get("until"), int):
        return None
    phases = tuple(PhaseNumber(p) for p in row.get("phases", ()))
    plan = row.get("plan")
    number = None if plan is None else PlanNumber(plan)
    return Command(kind, str(row.get("who")), str(row.get("why")), int(row.get("id", 0)), phases, number)
