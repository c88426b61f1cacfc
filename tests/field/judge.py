"""Judges what a lamp module was told, from its record alone. Knows the street below; shares no code with the controller.

The street: heads 2 and 6 may move together, 4 and 8 may move together, the crosswalk 9 goes with 4; all else conflicts. In
flash 2 and 6 flash yellow, 4 and 8 red, 9 is dark. The way out of flash is yellow, all red, then green.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

HEADS = {2: (0, 1, 2), 4: (3, 4, 5), 6: (6, 7, 8), 8: (9, 10, 11)}
DONT_WALK, WALK = 12, 13
MAIN, SIDE = (2, 6), (4, 8)
AGAINST = {2: SIDE, 6: SIDE, 4: MAIN, 8: MAIN}

YELLOW_MS, GREEN_MS, CLEAR_MS, RED_AT_START_MS, WALK_MS, PED_CLEAR_MS = 3_000, 3_500, 1_000, 1_000, 4_000, 3_000
"""What a road user must be given at the lamp. The site file says half a second more, which is what an image may be late."""


@dataclass(frozen=True)
class Entry:
    """One line of the record. `image`: a letter for each head (R, Y, G, - for dark, ! for several), then D, W or -."""

    at_ms: int
    kind: str
    session: str = ""
    image: str = ""


@dataclass
class Judgement:
    """All that was found wrong, and what the street was shown."""

    wrong: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    greens: list[tuple[int, int]] = field(default_factory=list)  # head, ms of its first green image
    flashes: list[int] = field(default_factory=list)  # ms of the first image of each flash
    walks: list[int] = field(default_factory=list)

    def writes(self, since_ms: int = 0, until_ms: int = 1 << 62) -> list[Entry]:
        """The images of a stretch of time."""
        return [e for e in self.entries if e.kind == "write" and since_ms <= e.at_ms < until_ms]

    def deadmen(self, since_ms: int = 0) -> list[int]:
        """When the module dropped its outputs by itself."""
        return [e.at_ms for e in self.entries if e.kind == "deadman" and e.at_ms >= since_ms]


def read(record: str) -> Iterator[Entry]:
    """The record, line by line."""
    for line in record.splitlines():
        at_ms, kind, *rest = line.split()
        if kind == "write":
            session, start, bits = rest
            assert start == "0", line
            assert len(bits) == 14, line
            yield Entry(int(at_ms), kind, session, _letters(bits))
        else:
            yield Entry(int(at_ms), kind)


def _letters(bits: str) -> str:
    heads = (_letter("RYG", [bits[wire] for wire in wires]) for wires in HEADS.values())
    return "".join(heads) + _letter("DW", [bits[DONT_WALK], bits[WALK]])


def _letter(names: str, lit: list[str]) -> str:
    found = [name for name, bit in zip(names, lit, strict=True) if bit == "1"]
    return found[0] if len(found) == 1 else "!" if found else "-"


FLASH = {"YRYR-", "-----"}
EXIT_YELLOW = {"YRYRD", "YRYR-"}
ALL_RED = "RRRRD"


class _Street:
    """Follows the images; `stage` is cold, flash, exit, red or run."""

    def __init__(self, found: Judgement) -> None:
        self.found = found
        self.stage = "cold"
        self.stage_ms = 0
        self.image = ""
        self.since: dict[int, int] = {}  # head → since when it shows what it shows
        self.ped_ms = 0
        self.session = ""

    def hear(self, entry: Entry) -> None:
        if entry.kind != "write":
            self.stage = "cold"
            return
        if entry.session != self.session:
            self.session, self.stage = entry.session, "cold"
        before, self.image = self.image, entry.image
        if entry.image != before or self.stage == "cold":
            self.judge(entry.at_ms, before, entry.image)

    def enter(self, stage: str, at_ms: int) -> None:
        if stage != self.stage:
            self.stage, self.stage_ms = stage, at_ms
            if stage == "flash":
                self.found.flashes.append(at_ms)

    def wrong(self, at_ms: int, what: str) -> None:
        self.found.wrong.append(f"{at_ms}: {what} ({self.stage}, {self.image})")

    def judge(self, at_ms: int, before: str, image: str) -> None:
        if "!" in image:
            self.wrong(at_ms, "several lamps of one head")
        moving = {head for head, letter in zip(HEADS, image, strict=False) if letter in "YG"}
        if moving & set(MAIN) and moving & set(SIDE):
            self.wrong(at_ms, "conflicting heads move together")
        getattr(self, f"from_{self.stage}")(at_ms, before, image)

    def from_cold(self, at_ms: int, _before: str, image: str) -> None:
        if image in FLASH:
            self.enter("flash", at_ms)
        elif image == ALL_RED:
            self.enter("red", at_ms)
        else:
            self.wrong(at_ms, "begins with neither flash nor all red")
            self.enter("run", at_ms)

    def from_flash(self, at_ms: int, _before: str, image: str) -> None:
        if image in FLASH:
            return
        if image not in EXIT_YELLOW:
            self.wrong(at_ms, "leaves flash otherwise than by yellow")
        self.enter("exit", at_ms)

    def from_exit(self, at_ms: int, _before: str, image: str) -> None:
        if image in FLASH and image not in EXIT_YELLOW:
            self.enter("flash", at_ms)
        elif image == ALL_RED:
            if at_ms - self.stage_ms < YELLOW_MS:
                self.wrong(at_ms, f"yellow after flash of {at_ms - self.stage_ms} ms")
            self.enter("red", at_ms)
            self.since = dict.fromkeys(HEADS, at_ms)
            self.ped_ms = at_ms
        elif image not in EXIT_YELLOW:
            self.wrong(at_ms, "yellow after flash does not end in all red")

    def from_red(self, at_ms: int, before: str, image: str) -> None:
        if image in FLASH:
            self.enter("flash", at_ms)
            return
        if at_ms - self.stage_ms < RED_AT_START_MS:
            self.wrong(at_ms, f"all red of {at_ms - self.stage_ms} ms at the start")
        self.enter("run", at_ms)
        self.from_run(at_ms, before, image)

    def from_run(self, at_ms: int, before: str, image: str) -> None:
        if image in FLASH:
            self.enter("flash", at_ms)
            return
        if "-" in image[:4]:
            self.wrong(at_ms, "a dark head")
        changes = {h: a + b for h, a, b in zip(HEADS, before, image, strict=False) if a != b}
        held_ms = {head: at_ms - self.since.get(head, at_ms) for head in changes}
        self.since.update(dict.fromkeys(changes, at_ms))
        for head, change in changes.items():
            self.change(at_ms, head, change, held_ms[head])
        self.crosswalk(at_ms, before[4], image[4], image[1])

    def change(self, at_ms: int, head: int, change: str, held_ms: int) -> None:
        if change == "RG":
            self.found.greens.append((head, at_ms))
            for other in AGAINST[head]:
                place = list(HEADS).index(other)
                if self.image[place] != "R" or at_ms - self.since[other] < CLEAR_MS:
                    self.wrong(at_ms, f"{head} green {at_ms - self.since[other]} ms after the end of {other}")
            if self.image[4] == "W" and head in MAIN:
                self.wrong(at_ms, f"{head} green against the walk")
        elif change == "GY":
            if held_ms < GREEN_MS:
                self.wrong(at_ms, f"green of {head} for {held_ms} ms")
        elif change == "YR":
            if held_ms < YELLOW_MS:
                self.wrong(at_ms, f"yellow of {head} for {held_ms} ms")
        else:
            self.wrong(at_ms, f"{head} goes {change[0]} to {change[1]}")

    def crosswalk(self, at_ms: int, before: str, after: str, beside: str) -> None:
        if after == "W" and beside != "G":
            self.wrong(at_ms, "walk beside a head that is not green")
        if before != "W" and after == "W":
            self.found.walks.append(at_ms)
            self.ped_ms = at_ms
        elif before == "W" and after != "W":
            if at_ms - self.ped_ms < WALK_MS:
                self.wrong(at_ms, f"walk of {at_ms - self.ped_ms} ms")
            self.ped_ms = at_ms
        if beside != "G" and after == "D" and before == "-":
            return  # flashing don't walk ended together with the green
        if after == "-" and beside != "G":
            self.wrong(at_ms, "pedestrian clearance beside a head that is not green")


def judge(record: str) -> Judgement:
    """Everything wrong with what the module was told."""
    found = Judgement(entries=list(read(record)))
    street = _Street(found)
    for entry in found.entries:
        street.hear(entry)
    found.wrong += _short_ped_clearances(found.entries)
    return found


def _short_ped_clearances(entries: list[Entry]) -> Iterator[str]:
    """From the end of each walk to the end of the green beside it."""
    ended_ms: int | None = None
    before = ""
    for entry in entries:
        image = entry.image
        if entry.kind != "write" or image in FLASH:
            ended_ms = None
        elif before.endswith("W") and not image.endswith("W"):
            ended_ms = entry.at_ms
        elif ended_ms is not None and image[1] != "G":
            if entry.at_ms - ended_ms < PED_CLEAR_MS:
                yield f"{entry.at_ms}: pedestrian clearance of {entry.at_ms - ended_ms} ms"
            ended_ms = None
        before = image
