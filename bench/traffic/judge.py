"""The independent judge of signal states: it reads what SUMO itself has saved, and the net; none of its code is the product's.

It looks at every link and every pair of links that conflict in the net:

    no yellow            a green went to red at once
    short yellow         shorter than the scenario's
    short green          shorter than 5 s
    green after yellow   a yellow went back to green without a red
    conflicting greens   two foes `G`, or `G` beside a `g` that does not give way to it
    green on yellow      a green beside, or begun beside, the yellow of a foe that it was not permissive with
    no all-red           a green begun, or raised from `g` to `G`, less than the all-red after the yellow of a foe;
                         after a crossing's green, less than the crossing's length at 1.2 m/s

Pairs of foes that the net's own program shows `G` together (opposing lefts that touch in the drawing) are counted apart:
`beside`. Bars at either end of the recording are not judged for length. Crossings have no yellow in SUMO.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

from traffic.net import Signals

WALKING_SPEED = 1.2
"""m/s, of a pedestrian who began at the last moment (RiLSA 2015; MUTCD 4I.06 has 1.07)."""


class Kind(Enum):
    """What can be wrong."""

    NO_YELLOW = "no yellow"
    SHORT_YELLOW = "short yellow"
    SHORT_GREEN = "short green"
    GREEN_AFTER_YELLOW = "green after yellow"
    CONFLICT = "conflicting greens"
    GREEN_ON_YELLOW = "green on yellow"
    NO_ALL_RED = "no all-red"
    BESIDE = "beside"


@dataclass(frozen=True)
class Least:
    """What the scenario asks of everybody, s."""

    yellow: float
    red: float
    green: float = 5.0


@dataclass(frozen=True)
class Finding:
    """One fault of one link or pair."""

    at: float
    kind: Kind
    links: tuple[int, ...]


@dataclass(frozen=True)
class Bar:
    """One link showing one thing. `light`: G, g, y or r. `cut`: at an end of the recording. `after`: the light before it."""

    light: str
    begin: float
    end: float
    cut: bool
    after: str


States = Sequence[tuple[float, str]]

_LIGHTS = {"Y": "y", "u": "r", "s": "r", "R": "r", "o": "r", "O": "r"}


def saved(path: Path) -> dict[str, list[tuple[float, str]]]:
    """SUMO's `SaveTLSStates` file: per traffic light the time and the state of every step."""
    found: dict[str, list[tuple[float, str]]] = {}
    for _, row in ET.iterparse(path):
        if row.tag == "tlsState":
            found.setdefault(str(row.get("id")), []).append((float(str(row.get("time"))), str(row.get("state"))))
            row.clear()
    return found


def judge(states: States, signals: Signals, least: Least) -> list[Finding]:
    """Everything that is wrong with a recording."""
    bars = [list(_bars(states, link)) for link in range(len(states[0][1]))] if states else []
    found = [f for link, row in enumerate(bars) if link not in signals.crossings for f in _alone(link, row, least)]
    for i, j in sorted(signals.foes):
        if j >= len(bars):
            continue
        pair = _Pair(signals, least, i, j)
        found += pair.greens(bars[i], bars[j])
        if (i, j) not in signals.beside:
            found += [*pair.yellows(i, bars[i], j, bars[j]), *pair.yellows(j, bars[j], i, bars[i])]
            found += [*pair.reds(bars[i], j, bars[j]), *pair.reds(bars[j], i, bars[i])]
    return sorted(set(found), key=lambda f: (f.at, f.kind.value, f.links))


def counted(findings: Sequence[Finding]) -> dict[str, int]:
    """How many of each kind."""
    return dict(sorted(Counter(f.kind.value for f in findings).items()))


def _bars(states: States, link: int) -> Iterator[Bar]:
    began, light, before = states[0][0], _light(states[0][1][link]), ""
    first = True
    for at, state in states[1:]:
        now = _light(state[link])
        if now != light:
            yield Bar(light, began, at, first, before)
            began, light, before, first = at, now, light, False
    yield Bar(light, began, states[-1][0] + 1, cut=True, after=before)


def _light(letter: str) -> str:
    return _LIGHTS.get(letter, letter)


def _alone(link: int, bars: list[Bar], least: Least) -> Iterator[Finding]:
    """A link by itself."""
    for bar, after in pairwise(bars):
        if bar.light in "Gg" and after.light == "r":
            yield Finding(bar.end, Kind.NO_YELLOW, (link,))
        if bar.light == "y" and after.light in "Gg":
            yield Finding(bar.end, Kind.GREEN_AFTER_YELLOW, (link,))
        if bar.light == "y" and not bar.cut and bar.end - bar.begin < least.yellow:
            yield Finding(bar.end, Kind.SHORT_YELLOW, (link,))
    for begin, end, cut in _runs(bars):
        if not cut and end - begin < least.green:
            yield Finding(end, Kind.SHORT_GREEN, (link,))


def _runs(bars: list[Bar]) -> Iterator[tuple[float, float, bool]]:
    """Greens, `G` and `g` in one."""
    begin, cut = None, False
    for bar in bars:
        if bar.light in "Gg":
            begin, cut = (bar.begin, bar.cut) if begin is None else (begin, cut or bar.cut)
        elif begin is not None:
            yield begin, bar.begin, cut
            begin = None


class _Pair:
    """Two links that conflict in the net."""

    def __init__(self, signals: Signals, least: Least, i: int, j: int) -> None:
        self.signals, self.least, self.i, self.j = signals, least, i, j

    def greens(self, mine: list[Bar], theirs: list[Bar]) -> Iterator[Finding]:
        """Both green: only with one that gives way."""
        kind = Kind.BESIDE if (self.i, self.j) in self.signals.beside else Kind.CONFLICT
        greens = [b for b in theirs if b.light in "Gg"]
        for bar in (b for b in mine if b.light in "Gg"):
            for other in greens:
                if _meet(bar, other) and not self._permissive(self.i, bar.light, self.j, other.light):
                    yield Finding(max(bar.begin, other.begin), kind, (self.i, self.j))

    def _permissive(self, i: int, mine: str, j: int, theirs: str) -> bool:
        """Whether one of the two gives way to the other, by its light and by the net."""
        gives = self.signals.yields
        return (mine == "g" and (i, j) in gives) or (theirs == "g" and (j, i) in gives)

    def yellows(self, i: int, mine: list[Bar], j: int, theirs: list[Bar]) -> Iterator[Finding]:
        """The greens of `i` beside the yellows of `j`: only where both could be green, and begun before the yellow."""
        yellows = [b for b in theirs if b.light == "y"]
        for bar in (b for b in mine if b.light in "Gg"):
            for yellow in (y for y in yellows if _meet(bar, y)):
                starts = bar.after not in {"G", "g", ""} and bar.begin >= yellow.begin
                permissive = self._permissive(i, bar.light, j, yellow.after)
                if not permissive or (starts and not (yellow.after == "g" and (j, i) in self.signals.yields)):
                    yield Finding(max(bar.begin, yellow.begin), Kind.GREEN_ON_YELLOW, (i, j))

    def reds(self, mine: list[Bar], j: int, theirs: list[Bar]) -> Iterator[Finding]:
        """The greens of one begun after the end of the other: not before its clearance is over."""
        i = self.j if j == self.i else self.i
        ends = [b for b in theirs if b.light in "Ggy"]
        for bar in mine:
            if bar.light not in "Gg" or bar.after in {"", "G"}:
                continue
            for end in ends:
                wait = self._clearance(i, bar.light, j)
                if end.end <= bar.begin < end.end + wait and not _goes_on(end, theirs):
                    yield Finding(bar.begin, Kind.NO_ALL_RED, (i, j))

    def _clearance(self, i: int, light: str, j: int) -> float:
        """How long the foe's end must be past. Who turns on `g` gives way to whoever is still on a crossing."""
        length = self.signals.crossings.get(j)
        if length is None:
            return self.least.red
        return 0.0 if light == "g" and (i, j) in self.signals.yields else float(int(length / WALKING_SPEED))


def _goes_on(bar: Bar, bars: list[Bar]) -> bool:
    """Whether another of its lights follows: the yellow behind a green, `G` behind `g`."""
    return any(b.begin == bar.end and b.light in "Ggy" for b in bars)


def _meet(one: Bar, other: Bar) -> bool:
    return one.begin < other.end and other.begin < one.end
