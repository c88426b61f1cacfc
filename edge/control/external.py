"""The wires of `inputs`: what the cabinet, a switch or another controller asks for, by NEMA TS 2 3.5.5.5.

A wire that is not heard (its device is lost, or says the reading is bad) asks for nothing, and so does stop time: an
interval that is not stopped ends by its own rules, while a clock that stands still for a broken wire holds the street.
MMU flash and local flash stay as they were last heard: the cabinet flashes by its own hardware, and neither may a lost
wire start the signals beneath a cabinet that may still be flashing, nor may it flash one that is well.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from edge.control.asks import NOBODY, Asks, Phases
from edge.control.view import View
from edge.model.control import InControl, Source
from edge.model.events import Event, EventCode
from edge.model.external import Does, ExternalInput, wire_name
from edge.model.plans import Run, RunKind
from edge.model.site import Site

_STAYS = frozenset({Does.MMU_FLASH, Does.LOCAL_FLASH})
"""What stays as it was last heard while its wire is silent."""

_LOGGED = {
    Does.MANUAL_CONTROL: EventCode.MANUAL_CONTROL,
    Does.INTERVAL_ADVANCE: EventCode.INTERVAL_ADVANCE,
    Does.STOP_TIME: EventCode.STOP_TIME,
}
"""Inputs with a code of their own: parameter 1 on, 0 off."""

_WORDS = {
    Does.NON_ACTUATED: "non-actuated",
    Does.MAX_2: "maximum 2",
    Does.REMOTE_FLASH: "remote flash",
    Does.LOCAL_FLASH: "local flash",
    Does.MMU_FLASH: "MMU flash",
}
_IN_CONTROL = frozenset(
    {Does.HOLD, Does.OMIT, Does.PED_OMIT, Does.FORCE_OFF, Does.NON_ACTUATED, Does.MAX_2, Does.REMOTE_FLASH}
)
_CABINET = (Does.MMU_FLASH, Does.LOCAL_FLASH)


@dataclass(frozen=True, slots=True)
class Interference:
    """What somebody outside asks of the sequence. `maximum`: 0 for no wish."""

    holds: Phases = NOBODY
    omits: Phases = NOBODY
    ped_omits: Phases = NOBODY
    force_offs: Phases = NOBODY
    calls: Phases = NOBODY
    ped_calls: Phases = NOBODY
    maximum: int = 0


NO_INTERFERENCE = Interference()


def interfere(view: View, asks: Asks, wish: Interference) -> Asks:
    """`asks` with the wish on top: its holds go before a force-off of lesser right, its force-offs before all holds."""
    if wish is NO_INTERFERENCE:
        return asks
    greens = frozenset(view.greens())
    return replace(
        asks,
        calls=asks.calls | (wish.calls - greens),
        ped_calls=asks.ped_calls | (wish.ped_calls - greens),
        holds=(asks.holds | wish.holds) - wish.force_offs,
        force_offs=(asks.force_offs - wish.holds) | (wish.force_offs & greens),
        omits=asks.omits | wish.omits,
        ped_omits=asks.ped_omits | wish.ped_omits,
        maximum=wish.maximum or asks.maximum,
    )


class _Wire:
    """One wire as it is heard."""

    __slots__ = ("count", "input", "name", "on", "rose", "stale_ms")

    def __init__(self, configured: ExternalInput, stale_ms: int) -> None:
        self.input = configured
        self.name = wire_name(configured.input)
        self.stale_ms = stale_ms
        self.on = False
        self.rose = False  # in this tick, or a pulse too short for a level
        self.count: int | None = None

    def hear(self, view: View) -> bool:
        """Take in this tick; whether the level changed."""
        sample = view.wires.get(self.name)
        before, pulsed = self.on, False
        if sample is not None and sample.ok and view.heard_ms - sample.taken_ms <= self.stale_ms:
            self.on = sample.occupied is not self.input.invert
            pulsed = self.count is not None and sample.count > self.count and not self.input.invert
            self.count = sample.count
        elif self.input.does not in _STAYS:
            self.on = False
        self.rose = pulsed or (self.on and not before)
        return self.on is not before


class External:
    """All wires of `inputs`: an asker, and what else they ask for. `read` is called in every tick."""

    def __init__(self, site: Site) -> None:
        stale = {name: device.options.stale_after_ms for name, device in site.devices.items()}
        self._wires = [_Wire(i, stale.get(i.input.device, 0)) for i in site.inputs]
        self._callers = [w for w in self._wires if w.input.does in {Does.CALL, Does.PED_CALL}]
        self._walks = frozenset(n for n, p in site.phases.items() if p.ped is not None)
        self._on: frozenset[Does] = frozenset()
        self.wish = NO_INTERFERENCE
        self.run: Run | None = None
        self.chooser = ""  # the name of the wire that asks for `run`
        self.advance = False

    def read(self, view: View) -> list[Event]:
        """Hear every wire, and log those with a code of their own."""
        events: list[Event] = []
        changed = self.advance = False
        for wire in self._wires:
            if wire.hear(view):
                changed = True
                code = _LOGGED.get(wire.input.does)
                events += [] if code is None else [Event(code, int(wire.on))]
            if wire.rose and wire.input.does is Does.INTERVAL_ADVANCE:
                self.advance = True
        if changed:
            self._sum_up()
        return events

    def is_on(self, does: Does) -> bool:
        """Whether any wire asks for that."""
        return does in self._on

    @property
    def cabinet_flashes(self) -> bool:
        """Whether the cabinet is flashing by its own hardware."""
        return bool(self._on) and any(does in self._on for does in _CABINET)

    def calls(self) -> Iterator[tuple[Does, Phases, bool]]:
        """The calls that wires make in this tick: what, for whom, and whether the wire has just come on."""
        return ((w.input.does, w.input.phases, w.rose) for w in self._callers if w.on or w.rose)

    def shape(self, view: View, asks: Asks) -> tuple[Asks, list[Event]]:
        """Hold, omit, force off, call and time the maximum as the wires say."""
        return interfere(view, asks, self.wish), []

    def in_control(self) -> list[InControl]:
        """Who is in control through a wire."""
        found = [InControl(Source.INPUT, _words(w.input), w.name) for w in self._wires if w.on and self._tells(w)]
        cabinet = next((does for does in _CABINET if does in self._on), None)
        return [*found, InControl(Source.CABINET, _WORDS[cabinet])] if cabinet is not None else found

    @staticmethod
    def _tells(wire: _Wire) -> bool:
        return wire.input.does in _IN_CONTROL

    def _sum_up(self) -> None:
        on = [wire.input for wire in self._wires if wire.on]
        self._on = frozenset(i.does for i in on)

        def phases(does: Does) -> Phases:
            return frozenset(p for i in on if i.does is does for p in i.phases)

        always = phases(Does.NON_ACTUATED)
        self.wish = Interference(
            phases(Does.HOLD),
            phases(Does.OMIT),
            phases(Does.PED_OMIT),
            phases(Does.FORCE_OFF),
            always,
            always & self._walks,
            2 if Does.MAX_2 in self._on else 0,
        )
        if self.wish == NO_INTERFERENCE:
            self.wish = NO_INTERFERENCE
        chooser = next((wire for wire in self._wires if wire.on and wire.input.does is Does.RUN), None)
        self.run, self.chooser = (chooser.input.run, chooser.name) if chooser is not None else (None, "")


def _words(wire: ExternalInput) -> str:
    if wire.ring is not None:
        return f"{wire.does.value} {wire.ring + 1}"
    phases = " ".join(str(p) for p in sorted(wire.phases))
    return f"{_WORDS.get(wire.does, wire.does.value)} {phases}".strip()


def run_words(run: Run) -> str:
    """`free`, `flash` or `plan 2`, and the maximum green where it is not the first."""
    maximum = "" if run.maximum == 1 else f", maximum {run.maximum}"
    if run.kind is RunKind.PLAN:
        return f"plan {run.plan}{maximum}"
    return f"{'free' if run.kind is RunKind.FREE else 'flash'}{maximum}"
