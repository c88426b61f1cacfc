"""The walk: from every state, everything that may happen in one tick; every image judged, every state met once."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from time import process_time

from edge.model.commands import Command
from edge.model.detectors import InputSample
from edge.model.exchange import Inputs, Mode
from edge.model.external import WireName
from edge.model.indications import ChannelKind, Indication
from edge.model.site import Site
from edge.model.units import ButtonNumber, ChannelNumber, DetectorNumber, Ms
from edge.tick import Tick
from tests.explore.judge import Judge, Memory
from tests.explore.sites import PERMISSIVE, PROTECTED, TICK, Explored, sheet
from tests.explore.state import EPOCH, Memento, Walker

ENOUGH = 400_000
"""More states than any site here has: something grows without end, and `grows` tells what."""

Lever = tuple[str, object]
"""What can be on or off in a tick: a detector, a push-button, a wire; or an operator's command given."""


@dataclass
class Graph:
    """All states by number and all transitions. `waits[s]`: bits of those who have been waiting, as `Walk.waiters` lists."""

    name: str
    waiters: tuple[str, ...]
    waits: list[int] = field(default_factory=list)
    parents: list[tuple[int, int]] = field(default_factory=list)
    edges: list[tuple[int, int, int]] = field(default_factory=list)  # from, to, bits of those waiting all along
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0
    modes: set[str] = field(default_factory=set)
    seen: int = 0  # states told apart by lamps, clocks and who waits, without the engine

    @property
    def states(self) -> int:
        return len(self.waits)

    @property
    def transitions(self) -> int:
        return len(self.edges)


@dataclass(frozen=True)
class _Here:
    """A state that is still to be left."""

    number: int
    memento: Memento
    memory: Memory
    waits: int
    now: Ms
    presses: tuple[int, ...]  # of each button, so far


class Walk:
    """One site walked through. `stop_at`: how many wrong things are enough."""

    def __init__(self, explored: Explored, *, make: Callable[[Site], Tick] = Tick, stop_at: int = 1) -> None:
        self.explored = explored
        self.site = explored.site
        self.sheet = sheet(explored)
        self.judge = Judge(self.sheet)
        self.tick = make(self.site)
        self.stop_at = stop_at
        self._arrows = [int(c.number) for c in self.site.channels.values() if c.kind is ChannelKind.ARROW]
        self.levers = _levers(explored)
        self.commands = (None, *explored.commands)
        longest = max(max(p.max_green_ms, p.passage_ms, p.longest_minimum_ms) for p in self.site.phases.values())
        start_up = self.site.start_up
        horizon = max(self.sheet.horizon, longest, start_up.flash_ms, start_up.exit_yellow_ms, start_up.all_red_ms)
        self.walker = Walker(self.tick, horizon + TICK, explored.period)
        self.waiters = _waiters(explored)
        self._heads = _heads_of(explored)
        self._wires = sum(1 << k for k, (kind, _) in enumerate(self.waiters) if kind == "wire")
        self._locking = [
            kind == "button" or (kind == "vehicle" and self.site.phases[phase].locking)  # type: ignore[index]
            for kind, phase in self.waiters
        ]

    def run(self) -> Graph:
        """All that can be reached."""
        began = process_time()
        said = {"vehicle": "phase", "button": "pedestrians of phase", "wire": "the preempt that dwells in"}
        names = tuple(f"{said[kind]} {p}" for kind, p in self.waiters)
        graph = Graph(self.explored.name, names)
        first = self._begin()
        before = self.walker.constants()
        known: dict[tuple[bytes, Memory, int], int] = {}
        row = deque([self._meet(graph, known, first, (-1, -1))])
        while row and len(graph.wrong) < self.stop_at:
            here = row.popleft()
            for action in self._actions(here):
                self.walker.restore(here.memento)
                new = self._step(graph, known, here, action)
                if new is not None:
                    row.append(new)
            if graph.states > ENOUGH:
                raise RuntimeError(f"{self.explored.name}: more than {ENOUGH} states")
        if self.walker.constants() != before:
            graph.wrong.append("something that was taken for constant has changed")
        graph.seen = len({(memory, waits) for _, memory, waits in known})
        graph.seconds = process_time() - began
        return graph

    # ── one step ──

    def _begin(self) -> tuple[Memory, Ms]:
        """Up to the first tick of RUN, with nobody on the street."""
        now, memory, mode = EPOCH, None, None
        while mode is not Mode.RUN:
            result = self.tick.advance(now, self.inputs(now, 0))
            assert not result.verdict.violations, result.verdict.violations
            image = self._image(result.decision.wanted, memory)
            memory = self.judge.first(image) if memory is None else self.judge.see(memory, image)[0]
            mode = result.decision.mode
            now += TICK
        assert memory is not None
        return memory, now - TICK

    def _image(self, wanted: Mapping[ChannelNumber, Indication], memory: Memory | None) -> dict[int, str]:
        """What every head shows. A flashing arrow is two heads (`sites`): a yellow is that of the one that was moving."""
        image = {int(c): i.name for c, i in wanted.items()}
        before = {} if memory is None else {h.channel: s[0] for h, s in zip(self.sheet.heads, memory, strict=True)}
        for channel in self._arrows:
            shown = image.pop(channel)
            for name, head in (("GREEN", PROTECTED + channel), ("FLASH_YELLOW_ARROW", PERMISSIVE + channel)):
                moving = shown == "YELLOW" and before.get(head) in {"GREEN", "YELLOW"}
                other = "RED" if shown in {"GREEN", "FLASH_YELLOW_ARROW", "YELLOW"} else shown
                image[head] = "GREEN" if shown == name else "YELLOW" if moving else other
        return image

    def _meet(
        self,
        graph: Graph,
        known: dict[tuple[bytes, Memory, int], int],
        first: tuple[Memory, Ms],
        parent: tuple[int, int],
    ) -> _Here:
        memory, now = first
        name, memento = self.walker.capture(now)
        known[name, memory, 0] = 0
        graph.waits.append(0)
        graph.parents.append(parent)
        return _Here(0, memento, memory, 0, now, (0,) * len(self.site.buttons))

    def _step(
        self, graph: Graph, known: dict[tuple[bytes, Memory, int], int], here: _Here, action: int
    ) -> _Here | None:
        now = here.now + TICK
        presses = self.press(here.presses, action)
        result = self.tick.advance(now, self.inputs(now, action, presses))
        image = self._image(result.decision.wanted, here.memory)  # what the monitor is asked for
        graph.modes.add(result.decision.mode.name)
        memory, wrong = self.judge.see(here.memory, image)
        wrong += [f"the monitor: {v.detail}" for v in result.verdict.violations]
        if wrong:
            graph.wrong.append(f"{'; '.join(wrong)}, after {self.story(graph, here.number)}")
            return None
        waits, all_along = self._waiting(here, action, image, result.decision.mode)
        name, memento = self.walker.capture(now)
        number = known.setdefault((name, memory, waits), graph.states)
        graph.edges.append((here.number, number, all_along))
        if number != graph.states:
            return None
        graph.waits.append(waits)
        graph.parents.append((here.number, action))
        return _Here(number, memento, memory, waits, now, presses)

    def _waiting(self, here: _Here, action: int, image: dict[int, str], mode: Mode) -> tuple[int, int]:
        """Who waits after this tick for as long as it takes, and who has waited in it. Who presses while he sees his walk
        does not wait, and while a preempt is asked for its wire alone does: its time is bounded by whoever asks."""
        before = here.waits
        showing = {head.channel: seen[0] for head, seen in zip(self.sheet.heads, here.memory, strict=True)}
        sticky, all_along = 0, 0
        if mode is not Mode.RUN:
            return 0, 0
        for k, (head, what) in enumerate(self._heads):
            bit = 1 << k
            if image[head] == what or showing[head] == what == "WALK":
                continue
            if action & bit or before & bit:
                all_along |= bit
                if self._locking[k]:
                    sticky |= bit
        return sticky, all_along & self._wires if action & self._wires else all_along

    def _actions(self, here: _Here) -> Iterator[int]:
        """Every set of levers; one that is remembered anyway is not pulled again (a test sees that it changes nothing)."""
        free = [1 << k for k in range(len(self.levers)) if not (k < len(self.waiters) and here.waits >> k & 1)]
        for command in range(len(self.commands)):
            top = command << len(self.levers)
            for subset in range(1 << len(free)):
                yield top | sum(bit for k, bit in enumerate(free) if subset >> k & 1)

    def press(self, before: tuple[int, ...], action: int) -> tuple[int, ...]:
        """How often each button has been pressed once this tick is over. A press is a pulse: it may come in every tick."""
        return tuple(n + (action >> len(self.site.detectors) + k & 1) for k, n in enumerate(before))

    def inputs(self, now: Ms, action: int, presses: tuple[int, ...] = ()) -> Inputs:
        """The inputs of one tick."""
        counts = dict(zip(sorted(self.site.buttons), presses or (0,) * len(self.site.buttons), strict=True))
        on = {lever: bool(action >> k & 1) for k, lever in enumerate(self.levers)}
        command = self.commands[action >> len(self.levers)]
        return Inputs(
            {n: InputSample(v, 0, now) for (kind, n), v in on.items() if kind == "detector"},  # type: ignore[misc]
            {n: InputSample(occupied=False, count=count, taken_ms=now) for n, count in counts.items()},
            None,
            () if command is None else (Command(command, "explorer", "every way"),),
            wires={n: InputSample(v, 0, now) for (kind, n), v in on.items() if kind == "wire"},  # type: ignore[misc]
        )

    def story(self, graph: Graph, number: int) -> str:
        """How a state is reached: what is on in each tick since the first of RUN."""
        told: list[str] = []
        while number > 0:
            number, action = graph.parents[number]
            told.append(self.say(action))
        return " | ".join(reversed(told)) or "the start"

    def say(self, action: int) -> str:
        """One tick's levers in words."""
        words = [f"{kind[0]}{n}" for k, (kind, n) in enumerate(self.levers) if action >> k & 1]
        command = self.commands[action >> len(self.levers)]
        return " ".join([*words, *([command.name] if command else [])]) or "-"


def _levers(explored: Explored) -> list[Lever]:
    """Those who can wait come first, in the order of `_waiters`: one detector and one button a phase."""
    site = explored.site
    wires: list[Lever] = [("wire", WireName(w)) for w, _ in explored.wires]
    detectors: list[Lever] = [("detector", DetectorNumber(d)) for d in sorted(site.detectors)]
    buttons: list[Lever] = [("button", ButtonNumber(b)) for b in sorted(site.buttons)]
    return [*detectors, *buttons, *wires]


def _waiters(explored: Explored) -> tuple[tuple[str, int], ...]:
    site = explored.site
    vehicles = [("vehicle", int(site.detectors[d].phase)) for d in sorted(site.detectors)]
    buttons = [("button", int(site.buttons[b].phase)) for b in sorted(site.buttons)]
    return (*vehicles, *buttons, *(("wire", phase) for _, phase in explored.wires))


def _heads_of(explored: Explored) -> list[tuple[int, str]]:
    """For each who waits, the channel that serves and what it then shows."""
    channels = explored.site.channels.values()
    by_place = {(c.kind.value, int(c.phase)): int(c.number) for c in channels if c.overlap is None}
    found = []
    for kind, phase in _waiters(explored):
        ped = kind == "button"
        found.append((by_place["pedestrian" if ped else "vehicle", phase], "WALK" if ped else "GREEN"))
    return found
