"""An independent judge of overlaps: it sees the images shown and the numbers of the sheet, and no code of the engine.

It draws every channel as bars, joins green (or flashing arrow) and the yellow after it into one movement, and then holds
movements against each other: who may be beside whom follows from the text of the rings and the rows of the overlaps.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from tests.control.oracle import Head, _together

WALKS = {"WALK", "PED_CLEARANCE"}
BUFFER = 3_000  # MUTCD 4I.06


@dataclass(frozen=True)
class Row:
    """One overlap as its row says, and the channel that shows it."""

    channel: int
    parents: frozenset[int]
    opposing: int | None
    min_green: int
    yellow: int
    red_clear: int
    delay: int
    trailing: int
    modifiers: frozenset[int]
    not_with_ped: frozenset[int]


@dataclass(frozen=True)
class Bar:
    shown: str
    begin: int
    end: int
    cut: bool  # by flash, or by the end of the story


@dataclass(frozen=True)
class Movement:
    """A right-of-way from its first moment to the end of its yellow. `green_end`: when yellow began; None: cut off."""

    arrow: bool
    begin: int
    green_end: int | None
    end: int
    cut: bool


class OverlapOracle:
    """Feed it every image; `judge` gives sentences."""

    def __init__(self, rows: list[Row], heads: list[Head], ring_text: list[str]) -> None:
        self.rows = rows
        self.heads = heads
        self.together = _together(ring_text)
        self.bars: dict[int, list[Bar]] = {c: [] for c in [*(r.channel for r in rows), *(h.channel for h in heads)]}
        self.last: dict[int, tuple[str, int]] = {}
        self.stood: list[tuple[int, int]] = []  # from when to when stop time stood (ADR 69: it can only lengthen)
        self.end = 0

    def see(self, now: int, image: Mapping[int, str], *, stands: bool = False) -> None:
        """One image; `stands`: stop time is on and heard."""
        if not self.rows:
            return
        if stands:
            self.stood.append((self.end, now))
        flash = any(shown in {"FLASH_RED", "FLASH_YELLOW"} for shown in image.values())
        for channel, shown in image.items():
            before = self.last.get(channel)
            if before is None or before[0] != shown:
                if before is not None:
                    self.bars[channel].append(Bar(before[0], before[1], now, cut=flash))
                self.last[channel] = (shown, now)
        self.end = now

    def judge(self) -> list[str]:
        for channel, (shown, begin) in self.last.items():
            self.bars[channel].append(Bar(shown, begin, self.end + 1, cut=True))
        self.last.clear()
        return [complaint for row in self.rows for complaint in self._overlap(row)]

    def _overlap(self, row: Row) -> Iterator[str]:
        yield from self._steps(row)
        moves = list(_movements(self.bars[row.channel]))
        for move in moves:
            yield from self._source(row, move)
            for head in self.heads:
                yield from self._against(row, move, head)
            for other in self.rows:
                if other.channel > row.channel:
                    yield from self._beside(row, move, other)

    def _steps(self, row: Row) -> Iterator[str]:
        bars = self.bars[row.channel]
        least = {"GREEN": row.min_green, "FLASH_YELLOW_ARROW": row.min_green, "YELLOW": row.yellow}
        after = {"GREEN": {"YELLOW"}, "FLASH_YELLOW_ARROW": {"YELLOW"}, "YELLOW": {"RED"}}
        for bar, then in pairwise(bars):
            if bar.shown not in least or bar.cut:
                continue
            if then.shown not in after[bar.shown]:
                yield f"{then.begin}: overlap channel {row.channel} went from {bar.shown} to {then.shown}"
            if bar.end - bar.begin < least[bar.shown]:
                yield f"{bar.end}: overlap channel {row.channel} {bar.shown} only {bar.end - bar.begin} ms"

    def _source(self, row: Row, move: Movement) -> Iterator[str]:
        """It begins beside its phase, `delay` after it, and does not outlive it by more than it may."""
        phases = {row.opposing} if move.arrow else row.parents
        delay = row.delay if move.arrow or row.opposing is None else 0
        greens = [b for h in self.heads if not h.pedestrian and h.phase in phases for b in self._greens(h)]
        began = [b for b in greens if b.begin + delay <= move.begin < b.end]
        if not began:
            yield f"{move.begin}: overlap channel {row.channel} began beside none of {phases}"
        if move.arrow and move.green_end is not None and began:
            last = max(b.end for b in began)
            least = row.min_green + sum(
                min(to, move.green_end) - max(since, move.begin) for since, to in self._stood(move)
            )
            if move.green_end > max(last, move.begin + least + 2_600):  # a late tick may stand in between
                yield f"{move.green_end}: overlap channel {row.channel} flashed on after its phase had ended"

    def _stood(self, move: Movement) -> list[tuple[int, int]]:
        """When stop time stood while the movement was green or flashed."""
        return [(since, to) for since, to in self.stood if to > move.begin and since < (move.green_end or move.end)]

    def _greens(self, head: Head) -> list[Bar]:
        return [b for b in self.bars[head.channel] if b.shown == "GREEN"]

    def _runs_with(self, row: Row, arrow: bool, phase: int) -> bool:  # noqa: FBT001
        mine = {row.opposing} if arrow else row.parents
        return any(p == phase or frozenset((p, phase)) in self.together for p in mine)

    def _against(self, row: Row, move: Movement, head: Head) -> Iterator[str]:
        beside = self._runs_with(row, move.arrow, head.phase) and head.phase not in row.modifiers
        if beside and not (head.pedestrian and head.phase in row.not_with_ped):
            return
        change = row.yellow + row.red_clear
        if head.pedestrian:
            theirs = list(_walks(self.bars[head.channel]))
            wait = BUFFER if head.phase in row.not_with_ped else 0
        else:
            theirs = list(_movements(self.bars[head.channel]))
            wait = head.red_clear
        for other in theirs:
            if _meet(move, other):
                yield f"{other.begin}: channel {head.channel} beside overlap channel {row.channel}"
            if move.green_end is not None and move.green_end <= other.begin < move.green_end + change:
                yield f"{other.begin}: channel {head.channel} only {other.begin - move.green_end} ms after the overlap"
            if not other.cut and other.end <= move.begin < other.end + wait:
                yield f"{move.begin}: overlap channel {row.channel} too soon after channel {head.channel}"

    def _beside(self, row: Row, move: Movement, other: Row) -> Iterator[str]:
        for their in _movements(self.bars[other.channel]):
            phases = {other.opposing} if their.arrow else other.parents
            if any(p is not None and self._runs_with(row, move.arrow, p) for p in phases):
                continue
            if _meet(move, their):
                yield f"{their.begin}: overlap channels {row.channel} and {other.channel} together"


def _movements(bars: list[Bar]) -> Iterator[Movement]:
    for bar, then in zip(bars, [*bars[1:], None], strict=True):
        if bar.shown in {"GREEN", "FLASH_YELLOW_ARROW"}:
            yellow = then if then is not None and then.shown == "YELLOW" else None
            last = yellow or bar
            yield Movement(bar.shown != "GREEN", bar.begin, bar.end if yellow else None, last.end, last.cut)


def _walks(bars: list[Bar]) -> Iterator[Movement]:
    for bar, then in zip(bars, [*bars[1:], None], strict=True):
        if bar.shown == "WALK":
            last = then if then is not None and then.shown == "PED_CLEARANCE" else bar
            yield Movement(arrow=False, begin=bar.begin, green_end=bar.end, end=last.end, cut=last.cut)


def _meet(one: Movement, other: Movement) -> bool:
    """Whether two movements share an instant."""
    return one.begin < other.end and other.begin < one.end
