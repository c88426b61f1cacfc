"""The rules of the high-resolution log by the definitions of its codes, judged tick by tick, with the lamps beside it.

It knows the definitions and nothing of the engine: what may follow what, what comes in pairs, and which lamp belongs to
which code (Indiana Traffic Signal Hi Resolution Data Logger Enumerations, 2019/2020).
"""

import itertools
from collections.abc import Mapping, Sequence

GREEN, YELLOW, CLEARANCE, RED = "green", "yellow", "red clearance", "red"
WHY = {4, 5, 6, 19, 20}
"""Gap out, max out, force off, and the force-offs of priority and preemption: exactly one of 4 to 6 ends a green."""
PAIRS = {
    43: 44, 46: 47, 41: 42, 48: 49, 82: 81, 90: 89, 102: 104, 112: 115, 118: 119, 32: 33, 108: 109, 200: 201, 176: 177
}  # fmt: skip
_PHASE = {
    (RED, 0): RED,
    (RED, 1): GREEN,
    (GREEN, 7): GREEN,
    (GREEN, 8): YELLOW,
    (YELLOW, 9): YELLOW,
    (YELLOW, 10): CLEARANCE,
    (CLEARANCE, 11): CLEARANCE,
    (CLEARANCE, 12): RED,
    (GREEN, 10): CLEARANCE,  # flash cut it off
}
_PED = {("off", 21): "walk", ("walk", 22): "clearance", ("clearance", 23): "off", ("walk", 23): "off"}
_OVERLAP = {
    (RED, 61): GREEN,
    (GREEN, 62): GREEN,
    (RED, 32): "arrow",
    ("arrow", 33): "arrow",
    ("arrow", 63): YELLOW,
    (GREEN, 63): YELLOW,
    (YELLOW, 64): CLEARANCE,
    (CLEARANCE, 65): RED,
    (GREEN, 64): CLEARANCE,  # flash cut it off
    ("arrow", 64): CLEARANCE,
    (YELLOW, 65): RED,
}
FLASH_CUT = {(GREEN, 10), (GREEN, 64), ("arrow", 64), (YELLOW, 65)}


class LogRules:
    """Feed it the events and the lamps of each tick; `wrong` are sentences. `channels`: vehicle channel → phase."""

    def __init__(self, channels: Mapping[int, int], red_clear: Mapping[int, int]) -> None:
        self.channels = channels
        self.red_clear = red_clear
        self.wrong: list[str] = []
        self.spoke: list[int] = []
        self._phase: dict[int, str] = {}
        self._ped: dict[int, str] = {}
        self._overlap: dict[int, str] = {}
        self._on: set[tuple[int, int]] = set()
        self._minimum: set[int] = set()
        self._shown: dict[int, str] = {}

    def see(self, now: int, events: Sequence[tuple[int, int]], lamps: Mapping[int, str], *, flash: bool) -> None:
        """One tick: its events in order, what each channel shows from it on, whether it is flash."""
        if events:
            self.spoke.append(now)
        for at, (code, parameter) in enumerate(events):
            self._pair(now, code, parameter)
            self._step(now, self._phase, _PHASE, RED, (code, parameter), range(13), flash=flash)
            self._step(now, self._ped, _PED, "off", (code, parameter), (21, 22, 23), flash=flash)
            self._step(now, self._overlap, _OVERLAP, RED, (code, parameter), (32, 33, *range(61, 66)), flash=flash)
            self._green(now, at, events, flash=flash)
        self._together(now, events, flash=flash)
        self._lamps(now, set(events), lamps, flash=flash)

    def _say(self, now: int, sentence: str) -> None:
        self.wrong.append(f"{now / 1000:.1f} s: {sentence}")

    def _pair(self, now: int, code: int, parameter: int) -> None:
        if code in PAIRS:
            if (code, parameter) in self._on:
                self._say(now, f"{code} of {parameter} twice without {PAIRS[code]}")
            self._on.add((code, parameter))
        for begun, ended in PAIRS.items():
            if code == ended:
                if (begun, parameter) not in self._on:
                    self._say(now, f"{code} of {parameter} without {begun}")
                self._on.discard((begun, parameter))

    def _step(  # one machine for phases, walks and overlaps
        self,
        now: int,
        where: dict[int, str],
        table: Mapping[tuple[str, int], str],
        first: str,
        event: tuple[int, int],
        codes: Sequence[int],
        *,
        flash: bool,
    ) -> None:
        code, parameter = event
        if code not in codes or code in WHY | {2, 3}:
            return
        state = where.get(parameter, first)
        if (state, code) not in table or ((state, code) in FLASH_CUT and not flash):
            self._say(now, f"{code} of {parameter} while it is in {state}")
        where[parameter] = table.get((state, code), state)

    def _green(self, now: int, at: int, events: Sequence[tuple[int, int]], *, flash: bool) -> None:
        """2 and 3 in green, 3 once and before the end; one reason before 7; the walk over before 7."""
        code, phase = events[at]
        state = self._phase.get(phase, RED)
        if code in {2, 3, 4, 5, 6} and state != GREEN:
            self._say(now, f"{code} of {phase} in {state}")
        if code == 1:
            self._minimum.discard(phase)
        if code == 3:
            if phase in self._minimum:
                self._say(now, f"3 of {phase} twice in a green")
            self._minimum.add(phase)
        if code != 7 or flash:
            return
        reasons = [c for c, p in events[:at] if p == phase and c in {4, 5, 6}]
        if len(reasons) != 1:
            self._say(now, f"green of {phase} ended with the reasons {reasons}")
        if phase not in self._minimum:
            self._say(now, f"green of {phase} ended before 3")
        if self._ped.get(phase, "off") != "off":
            self._say(now, f"green of {phase} ended beside its walk or clearance")

    def _together(self, now: int, events: Sequence[tuple[int, int]], *, flash: bool) -> None:
        """Codes of one instant stand in one tick, in order: 0 and 1, 7 and 8, 9 and 10, 11 and 12; the last two pairs of
        one tick where the red clearance is nought."""
        order = {event: at for at, event in reversed(list(enumerate(events)))}
        for first, second in ((0, 1), (7, 8), (9, 10), (11, 12)):
            for phase in {p for c, p in events if c in {first, second}}:
                a, b = order.get((first, phase)), order.get((second, phase))
                if (a is None or b is None or a > b) and not flash:
                    self._say(now, f"{first} and {second} of {phase} are not together")
        for code, phase in events:
            if code == 10 and self.red_clear.get(phase) == 0 and (11, phase) not in order:
                self._say(now, f"10 of {phase} with no red clearance, and no 11")

    def _lamps(self, now: int, events: set[tuple[int, int]], lamps: Mapping[int, str], *, flash: bool) -> None:
        """A lamp that begins is the code of its phase in the same tick, and the other way about."""
        codes = {"GREEN": 1, "YELLOW": 8}
        for channel, phase in self.channels.items():
            before, shown = self._shown.get(channel), lamps[channel]
            self._shown[channel] = shown
            if flash or before is None or before.startswith("FLASH") or "YELLOW" in {before, shown} == {"YELLOW"}:
                continue
            for name, code in codes.items():
                began = shown == name != before
                leaving = name == "YELLOW" and before != "GREEN"  # steady yellow on the way out of flash
                if began and not leaving and (code, phase) not in events:
                    self._say(now, f"channel {channel} begins {name} without {code} of {phase}")
                if (code, phase) in events and not began:
                    self._say(now, f"{code} of {phase}, but channel {channel} goes from {before} to {shown}")

    def silence(self, end: int) -> int:
        """The longest time without any event, ms."""
        stamps = [*self.spoke, end]
        return max((b - a for a, b in itertools.pairwise(stamps)), default=end)
