"""What the adaptive layer has learned of the street, kept over restarts in a two-slot file of its own."""

import base64
import binascii
import json
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from edge.eventlog.slots import SlotFile, SlotWriter, StateTooLarge
from edge.model.units import MINUTE_MS, Ms

FILE = "learned.slots"

SLOT_BYTES = 262_144
"""Ours: two day profiles of quarters of an hour for some forty lanes, packed, and room to spare."""

KEEP_EVERY_MS: Ms = 15 * MINUTE_MS
"""Ours: what a power cut costs is a quarter of an hour of learning; an SD card bears a megabyte an hour for decades."""


class LearnedStore:
    """Touches the disk in a thread of its own. `lost`: one sentence if what was kept cannot be read."""

    def __init__(self, directory: Path, clock: Callable[[], Ms]) -> None:
        self._slots = SlotFile(directory / FILE, slot_bytes=SLOT_BYTES)
        self._writer = SlotWriter(self._slots, clock)
        self._clock = clock
        self._kept_ms = clock()
        self.lost = ""

    def read(self) -> Mapping[str, Any] | None:
        """What was kept last; None where there is nothing."""
        state = self._slots.read()
        self.lost = self._slots.problem or ""
        if state is None:
            return None
        try:
            told = json.loads(zlib.decompress(base64.b64decode(state["packed"], validate=True)))
        except (KeyError, TypeError, ValueError, zlib.error, binascii.Error) as error:
            self.lost = f"{self._slots.path} holds nothing that can be read: {error}"
            return None
        return told if isinstance(told, dict) else None

    @property
    def due(self) -> bool:
        """Whether it is time to keep it again."""
        return self._clock() - self._kept_ms >= KEEP_EVERY_MS

    def keep(self, learned: Mapping[str, Any]) -> str:
        """Have it stored soon; one sentence where it cannot be, else empty."""
        self._kept_ms = self._clock()
        packed = zlib.compress(json.dumps(learned, separators=(",", ":")).encode())
        try:
            self._writer.submit({"packed": base64.b64encode(packed).decode()})
        except StateTooLarge as error:
            return f"{self._slots.path}: {error}"
        return self._writer.trouble() or ""

    def close(self) -> None:
        """Store what waits, for some seconds at most."""
        self._writer.close(5.0)
