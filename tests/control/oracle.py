"""An independent judge of a whole run: it sees the images shown and the site's numbers, and no code of the engine.

It keeps, for every channel, the list of (indication, from, to), and judges the finished history. It knows nothing of
rings: who may run together it reads from the text of the rings the test was built from.
"""

from collections.abc import Mapping
from dataclasses import dataclass

MOVING = {"RED_YELLOW", "GREEN", "FLASH_GREEN", "YELLOW", "WALK", "PED_CLEARANCE"}
FLASH = {"FLASH_RED", "FLASH_YELLOW"}
STOPPED = {"RED", "DONT_WALK"}
EXIT_YELLOW = 3_000


@dataclass(frozen=True)
class Head:
    """What the oracle knows of one channel, in plain words."""

    channel: int
    phase: int
    pedestrian: bool
    min_green: int
    yellow: int
    red_clear: int
    walk: int = 0
    ped_clearance: int = 0
    revert: int = 0
    lead: int = 0  # walk before the vehicles' green
    red_yellow: int = 0
    min_red: int = 0
    blink: int = 0
    steady: bool = False  # its pedestrian clearance shows don't walk


class Oracle:
    """Feed it `(now, {channel: indication name})`; `complaints` are sentences."""

    def __init__(
        self, heads: list[Head], ring_text: list[str], intergreen: Mapping[tuple[int, int], int], revert: int
    ) -> None:
        self.heads = {h.channel: h for h in heads}
        self.together = _together(ring_text)
        self.intergreen = intergreen
        self.revert = revert
        self.history: dict[int, list[list[object]]] = {h.channel: [] for h in heads}
        self.complaints: list[str] = []

    def see(self, now: int, image: Mapping[int, str]) -> None:
        for channel, shown in image.items():
            runs = self.history[channel]
            if not runs or runs[-1][0] != shown:
                runs.append([shown, now, now])
            runs[-1][2] = now
        self._together_now(now, image)

    def _together_now(self, now: int, image: Mapping[int, str]) -> None:
        if not FLASH.isdisjoint(image.values()):
            if any(shown in MOVING - {"YELLOW"} for shown in image.values()):
                self.complaints.append(f"{now}: flash beside right-of-way")
            return
        greens = {self.heads[c].phase for c, shown in image.items() if shown in MOVING - {"YELLOW"}}
        yellows = {self.heads[c].phase for c, shown in image.items() if shown == "YELLOW"}
        walkers = {self.heads[c].phase for c, shown in image.items() if shown in {"WALK", "PED_CLEARANCE"}}
        stopping = {c for c, shown in image.items() if shown in {"YELLOW", "RED", "RED_YELLOW"}}
        for c in stopping:
            if self.heads[c].phase in walkers and not self._leads(c):
                self.complaints.append(f"{now}: phase {self.heads[c].phase} ends its green beside its own walk")
        for a in greens:
            for b in greens | yellows:
                if a != b and frozenset((a, b)) not in self.together:
                    self.complaints.append(f"{now}: phases {a} and {b} have right-of-way together")

    def _leads(self, channel: int) -> bool:
        """Whether the walk beside this vehicle head has begun after its last green, and may do so."""
        phase = self.heads[channel].phase
        moved = [int(to) for shown, _, to in self.history[channel] if shown in {"GREEN", "FLASH_GREEN", "YELLOW"}]  # type: ignore[call-overload]
        walks = [
            int(start)  # type: ignore[call-overload]
            for c, head in self.heads.items()
            if head.phase == phase and head.pedestrian and head.lead
            for shown, start, _ in self.history[c]
            if shown == "WALK"
        ]
        return bool(walks) and max(walks) > max(moved, default=0)

    def _walks(self) -> list[tuple[Head, int, int]]:
        """(head, start, end) of every walk; an end of -1 where it still runs or flash cut it off."""
        found = []
        for channel, runs in self.history.items():
            for k, (shown, start, _) in enumerate(runs):
                if shown == "WALK":
                    after = runs[k + 1] if k + 1 < len(runs) else None
                    ended = int(after[1]) if after and after[0] in {"PED_CLEARANCE", "DONT_WALK"} else -1  # type: ignore[call-overload]
                    found.append((self.heads[channel], int(start), ended))  # type: ignore[call-overload]
        return found

    def _leads_and_steady_clearances(self) -> None:
        greens = self._greens()
        for head, start, end in self._walks():
            after = [s for p, _, s, _, _ in greens if p == head.phase and s > start]
            before = [s for p, _, s, e, _ in greens if p == head.phase and s <= start and not 0 <= e <= start]
            if not before and after and min(after) - start < head.lead:
                self.complaints.append(f"{min(after)}: phase {head.phase} green {min(after) - start} ms after its walk")
            if head.steady and end >= 0:
                ends = [e for p, _, s, e, _ in greens if p == head.phase and e >= end]
                if ends and min(ends) - end < head.ped_clearance:
                    self.complaints.append(f"{min(ends)}: phase {head.phase} ended its green inside a clearance")

    def judge(self) -> list[str]:
        """All complaints about the whole history; intervals still running at the end are not judged short."""
        for channel, runs in self.history.items():
            for k, (shown, start, _) in enumerate(runs):
                after = runs[k + 1] if k + 1 < len(runs) else None
                if after is None:
                    continue
                lasted = int(after[1]) - int(start)  # type: ignore[call-overload]
                self._interval(self.heads[channel], str(shown), str(after[0]), lasted, int(after[1]))  # type: ignore[call-overload]
        self._clearances()
        self._leads_and_steady_clearances()
        return self.complaints

    def _interval(self, head: Head, shown: str, then: str, lasted: int, at: int) -> None:
        if then in FLASH or then == "DARK":
            return  # a fault may take any interval to flash; the monitor's tests judge that
        needs = {
            "RED": (head.min_red, {"RED_YELLOW" if head.red_yellow else "GREEN"}),
            "RED_YELLOW": (head.red_yellow, {"GREEN"}),
            "GREEN": (head.min_green, {"FLASH_GREEN" if head.blink else "YELLOW"}),
            "FLASH_GREEN": (head.blink, {"YELLOW"}),
            "YELLOW": (head.yellow, {"RED"}),
            "FLASH_YELLOW": (0, {"YELLOW"}),
            "WALK": (head.walk, {"DONT_WALK" if head.steady else "PED_CLEARANCE"}),
            "PED_CLEARANCE": (head.ped_clearance, {"DONT_WALK"}),
        }
        if shown not in needs:
            return
        least, allowed = needs[shown]
        if then not in allowed:
            self.complaints.append(f"{at}: channel {head.channel} went from {shown} to {then}")
        if shown == "YELLOW" and self._left_flash(head.channel, at):
            least = EXIT_YELLOW
        if lasted < least:
            self.complaints.append(f"{at}: channel {head.channel} {shown} only {lasted} of {least} ms")

    def _left_flash(self, channel: int, at: int) -> bool:
        before = [r for r in self.history[channel] if int(r[2]) < at]  # type: ignore[call-overload]
        return len(before) > 1 and before[-2][0] in FLASH

    def _greens(self) -> list[tuple[int, int, int, int, int]]:
        """(phase, channel, start, end, end of its yellow) of all vehicle greens; -1 where it did not end in yellow.

        A yellow that flash cut off ended there: what follows is the start-up, and red revert is counted from it.
        """
        found = []
        for channel, runs in self.history.items():
            for k, (shown, start, _) in enumerate(runs):
                if shown == "GREEN":
                    last = k + 1 if k + 1 < len(runs) and runs[k + 1][0] == "FLASH_GREEN" else k
                    after = runs[last + 1] if last + 1 < len(runs) else None
                    ended = int(after[1]) if after and after[0] == "YELLOW" else -1  # type: ignore[call-overload]
                    red = int(runs[last + 2][1]) if ended >= 0 and last + 2 < len(runs) else -1  # type: ignore[call-overload]
                    found.append((self.heads[channel].phase, channel, int(start), ended, red))  # type: ignore[call-overload]
        return found

    def _clearances(self) -> None:
        greens = self._greens()
        starts = [(b, start, False) for b, _, start, _, _ in greens]
        starts += [(head.phase, start, True) for head, start, _ in self._walks()]
        for a, channel, _, end, red in greens:
            if end < 0:
                continue
            head = self.heads[channel]
            for b, start, walk in starts:
                if walk and b == a:
                    continue
                if start < end:
                    continue
                if b == a:
                    if start - red < max(self.revert, head.revert):
                        self.complaints.append(f"{start}: phase {a} green again {start - red} ms after its yellow")
                elif frozenset((a, b)) not in self.together:
                    least = max(head.yellow + head.red_clear, self.intergreen.get((a, b), 0))
                    if start - end < least:
                        self.complaints.append(f"{start}: phase {b} green {start - end} ms after {a}, needs {least}")


class Waits:
    """How long anybody has been waiting, by what detectors, push-buttons and lamps say, and nothing else."""

    def __init__(self, heads: list[Head], locking: set[int]) -> None:
        self.heads = heads
        self.locking = locking
        self.since: dict[int, int] = {}  # by channel
        self.longest = 0

    def see(self, now: int, image: Mapping[int, str], occupied: set[int], pressed: set[int]) -> None:
        """`occupied`, `pressed`: phases with a vehicle on their loop, with a hand on their button."""
        for head in self.heads:
            served = image[head.channel] == ("WALK" if head.pedestrian else "GREEN")
            there = head.phase in (pressed if head.pedestrian else occupied)
            if served or not (there or head.pedestrian or head.phase in self.locking):
                self.since.pop(head.channel, None)
            elif there:
                self.since.setdefault(head.channel, now)
        self.longest = max([self.longest, *(now - since for since in self.since.values())])


def _together(ring_text: list[str]) -> set[frozenset[int]]:
    """Pairs that may run together: the same place between barriers, another ring."""
    rows = [[[int(p) for p in part.split()] for part in row.split("|")] for row in ring_text]
    pairs = set()
    for i, row in enumerate(rows):
        for other in rows[i + 1 :]:
            for mine, theirs in zip(row, other, strict=True):
                pairs |= {frozenset((a, b)) for a in mine for b in theirs}
    return pairs
