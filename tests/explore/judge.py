"""The explorer's own judge: it sees the images shown, tick by tick, and the timing sheet, and no code of the engine.

What it remembers is small and goes with every state: per channel what is shown, for how long, how long ago its green (its
walk) and its yellow ended. It says what is wrong in words; nothing here knows how the engine decides.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOVING = frozenset({"GREEN", "YELLOW", "WALK", "PED_CLEARANCE"})
_NEXT: dict[str, frozenset[str]] = {
    "RED": frozenset({"GREEN"}),
    "GREEN": frozenset({"YELLOW"}),
    "YELLOW": frozenset({"RED"}),
    "DONT_WALK": frozenset({"WALK"}),
    "WALK": frozenset({"PED_CLEARANCE"}),
    "PED_CLEARANCE": frozenset({"DONT_WALK"}),
}
"""What a head may show next. Flash and dark are entered from anything by a fault, and left to a stop or a yellow."""


@dataclass(frozen=True)
class Head:
    """One channel by the sheet, ms. `turning`: half of a flashing arrow, whose red says nothing of its phase's own green."""

    channel: int
    phase: int
    pedestrian: bool
    least: Mapping[str, int]
    clearance: int
    turning: bool = False


@dataclass(frozen=True)
class Sheet:
    """What the judge is told: heads, which phases may move together, their barrier group, clearances, red revert."""

    heads: tuple[Head, ...]
    together: frozenset[frozenset[int]]
    group: Mapping[int, int]
    intergreen: Mapping[tuple[int, int], int]
    revert: int
    tick: int

    @property
    def horizon(self) -> int:
        """The longest time that any rule asks for, and a tick more."""
        longest = [ms for h in self.heads for ms in (*h.least.values(), h.clearance)]
        return max(*longest, self.revert, *self.intergreen.values(), 0) + self.tick


Seen = tuple[str, int, int, int]
"""One channel: shown, for how long, since the end of its green or walk, since the end of its yellow; ms, clipped."""
Memory = tuple[Seen, ...]


class Judge:
    """Judges one step from memory to memory."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self._ages = [defaultdict(int, h.least) for h in sheet.heads]  # no age matters beyond what is asked for
        self._ended = [max(h.clearance, *self._after(h), 0) for h in sheet.heads]
        heads = sheet.heads
        self._conflicts = [
            [k for k, other in enumerate(heads) if not self._may(head.phase, other.phase)] for head in heads
        ]

    def _after(self, head: Head) -> list[int]:
        return [ms for (a, _), ms in self.sheet.intergreen.items() if a == head.phase]

    def _may(self, a: int, b: int) -> bool:
        return a == b or frozenset((a, b)) in self.sheet.together

    def first(self, image: Mapping[int, str]) -> Memory:
        """The memory with which a run begins; nothing is known of what was before."""
        known = zip(self.sheet.heads, self._ended, strict=True)
        return tuple((image[h.channel], 0, ended, self.sheet.revert) for h, ended in known)

    def see(self, memory: Memory, image: Mapping[int, str]) -> tuple[Memory, list[str]]:
        """The memory after the next image, and what is wrong with that image."""
        tick, revert = self.sheet.tick, self.sheet.revert
        after: list[Seen] = []
        wrong: list[str] = []
        begun: list[int] = []
        for k, (head, (shown, age, ended, red)) in enumerate(zip(self.sheet.heads, memory, strict=True)):
            caps, cap = self._ages[k], self._ended[k]
            now = image[head.channel]
            lasted, ended_now, red_now = min(age + tick, caps[shown]), min(ended + tick, cap), min(red + tick, revert)
            if now == shown:
                after.append((now, lasted, ended_now, red_now))
                continue
            if shown in {"GREEN", "WALK"}:
                ended_now = 0
            if shown == "YELLOW":
                red_now = 0
            if now in {"GREEN", "WALK"}:
                begun.append(k)
            wrong += self._step(head, shown, now, lasted)
            after.append((now, 0, ended_now, red_now))
        self._moving(after, wrong)
        for k in begun:
            wrong += self._start(k, memory[k], after)
        return tuple(after), wrong

    def _step(self, head: Head, shown: str, now: str, lasted: int) -> list[str]:
        if now.startswith("FLASH") or now == "DARK" or shown.startswith("FLASH") or shown == "DARK":
            return [] if now not in {"GREEN", "WALK"} else [f"channel {head.channel} goes from {shown} to {now}"]
        wrong = []
        if now not in _NEXT[shown]:
            wrong.append(f"channel {head.channel} goes from {shown} to {now}")
        least = head.least.get(shown, 0)
        if lasted < least:
            wrong.append(f"short interval: channel {head.channel} {shown} {lasted} of {least} ms")
        return wrong

    def _moving(self, after: Sequence[Seen], wrong: list[str]) -> None:
        heads = self.sheet.heads
        moving = [k for k, seen in enumerate(after) if seen[0] in MOVING]
        flashing = any(seen[0].startswith("FLASH") for seen in after)
        if flashing:
            if moving:
                wrong.append("right-of-way beside flash")
            return
        for at, a in enumerate(moving):
            wrong.extend(
                f"conflict: phases {heads[a].phase} and {heads[b].phase} have right-of-way together"
                for b in moving[at + 1 :]
                if b in self._conflicts[a]
            )
        vehicles = [k for k, head in enumerate(heads) if not head.pedestrian and not head.turning]
        stopping = {heads[k].phase for k in vehicles if after[k][0] in {"YELLOW", "RED"}}
        wrong.extend(
            f"phase {heads[k].phase} ends its green beside its own walk"
            for k in moving
            if heads[k].pedestrian and heads[k].phase in stopping
        )

    def _start(self, k: int, before: Seen, after: Sequence[Seen]) -> list[str]:
        """A green or a walk begins: everybody in conflict must be cleared, and nobody beyond the barrier be active."""
        heads, wrong = self.sheet.heads, []
        head = heads[k]
        if not head.pedestrian and before[3] + self.sheet.tick < self.sheet.revert:
            wrong.append(
                f"red revert: phase {head.phase} green again {before[3] + self.sheet.tick} ms after its yellow"
            )
        for other in self._conflicts[k]:
            rival = heads[other]
            if rival.pedestrian:
                continue
            least = max(rival.clearance, self.sheet.intergreen.get((rival.phase, head.phase), 0))
            if after[other][2] < least:
                what = "clearance"
                if self.sheet.group[rival.phase] != self.sheet.group[head.phase]:
                    what = "clearance at the barrier"
                wrong.append(f"{what}: phase {head.phase} begins {after[other][2]} of {least} ms after {rival.phase}")
        return wrong
