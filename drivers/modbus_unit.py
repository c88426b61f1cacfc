"""One unit on a line: whose turn is it, lamps or inputs; does it answer; how does it stand."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from drivers.base import Clock, DriverIOError, DriverTimeout
from drivers.modbus_codec import Reply, Request
from drivers.modbus_inputs import Ask, InputPoller
from drivers.modbus_outputs import Lamps
from drivers.modbus_port import Expired, LineLost, Port, Refused
from edge.model.devices import DeviceHealth, DeviceState
from edge.model.units import Ms

MISSES_UNTIL_DOWN: Final = 3
"""Ours: one or two lost frames are everyday life on RS-485; samples age and images stay unverified meanwhile anyway."""

RETRY_MS: Final[tuple[Ms, ...]] = (1_000, 2_000, 5_000)
"""Ours: pauses between questions to a unit that does not answer, the last one repeated. Each costs the other units on a
serial line three time-outs (the question, and the silence after it)."""

REFUSED_POLL_MS: Final[Ms] = 1_000
"""Ours: how often inputs that the module refuses to read are asked for again."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often inputs are read and how long an answer may take. `reconnects`: a new connection may cure silence (TCP)."""

    poll_ms: Ms
    timeout_ms: Ms
    reconnects: bool


class Unit:
    """Serves its lamps and inputs whenever the line gives it a turn. `health()` belongs to the loop, the rest to the worker."""

    def __init__(self, inputs: InputPoller | None, lamps: Lamps | None, pace: Pace, clock: Clock) -> None:
        self._inputs = inputs
        self._lamps = lamps
        self._pace = pace
        self._clock = clock
        self._port: Port | None = None
        self._poll_ms = self._retry_ms = clock()
        self._answers = False
        self._misses = 0
        self._last_ms: Ms | None = None
        self._said = ""
        self._poll_refused = ""
        self._counts: Counter[str] = Counter(exchanges=0, timeouts=0, bad_replies=0, refusals=0, losses=0, expired=0)

    def health(self) -> DeviceHealth:
        """How the unit stands."""
        counters = dict(self._counts)
        if self._port is not None:
            counters["strays"] = self._port.strays
        if self._lamps is not None:
            counters["arms"] = self._lamps.arms
        return DeviceHealth(self._state, self._last_ms, self._sentence, counters)

    @property
    def _state(self) -> DeviceState:
        if not self._answers:
            return DeviceState.DOWN
        if self._lamps is not None:
            return self._lamps.state
        return DeviceState.TRIPPED if self._poll_refused else DeviceState.UP

    @property
    def _sentence(self) -> str:
        if not self._answers:
            return self._said
        lamps_said = self._lamps.said if self._lamps is not None else ""
        return "; ".join(said for said in (lamps_said, self._poll_refused) if said)

    # -- the worker's side --------------------------------------------------------------------------------------------

    @property
    def due_ms(self) -> Ms:
        """When the next exchange is wanted; while the unit does not answer, when it is tried again."""
        lamps = self._lamps_next
        return max(self._retry_ms, self._poll_ms if lamps is None else lamps.due_ms)

    @property
    def _lamps_next(self) -> Lamps | None:
        """The lamps if the next turn is theirs; None if it is the inputs'."""
        lamps = self._lamps
        if lamps is None or (self._inputs is not None and not lamps.wants_silence and self._poll_ms < lamps.due_ms):
            return None
        return lamps

    def lost(self, said: str) -> None:
        """The line is gone."""
        self._down(said)
        self._misses = 0
        self._retry_ms = self._clock()

    def serve(self, port: Port) -> None:
        """One turn. Raises LineLost where the line must be opened anew."""
        self._port = port
        try:
            self._turn(port)
        except LineLost:
            raise
        except Refused:  # it is there and says no; who asked has taken note
            self._heard()
            self._counts["refusals"] += 1
        except Expired:
            self._counts["expired"] += 1
        except DriverIOError as error:
            self._missed(error)

    def _turn(self, port: Port) -> None:
        def ask(request: Request) -> Reply:
            self._counts["exchanges"] += 1
            reply = port.exchange(request, self._pace.timeout_ms)
            self._heard()
            return reply

        lamps = self._lamps_next
        if lamps is not None:
            lamps.serve(ask)
        elif self._inputs is not None:
            self._poll(self._inputs, ask)

    def _poll(self, inputs: InputPoller, ask: Ask) -> None:
        self._poll_ms = self._clock() + self._pace.poll_ms
        try:
            inputs.poll(ask)
        except Refused as refused:
            self._poll_ms = self._clock() + REFUSED_POLL_MS
            self._poll_refused = f"{refused}; its inputs cannot be read: check form, start and count in the site file"
            raise
        self._poll_refused = ""

    def _heard(self) -> None:
        self._answers, self._misses = True, 0
        self._last_ms = self._clock()

    def _missed(self, error: DriverIOError) -> None:
        self._misses += 1
        self._counts["timeouts" if isinstance(error, DriverTimeout) else "bad_replies"] += 1
        if self._misses < MISSES_UNTIL_DOWN and self._answers:
            return
        self._down(str(error))
        if self._pace.reconnects and self._misses >= MISSES_UNTIL_DOWN:
            raise LineLost(f"{error}; connecting again")
        self._retry_ms = self._clock() + RETRY_MS[min(max(self._misses - MISSES_UNTIL_DOWN, 0), len(RETRY_MS) - 1)]

    def _down(self, said: str) -> None:
        if self._answers:
            self._counts["losses"] += 1
        self._answers, self._said = False, said
        if self._lamps is not None:
            self._lamps.lost(said)
