"""The state of the real engine, read out of its own objects: to come back to it, and to know it when it is met again.

Nothing lists what belongs to the state. The walker goes through every attribute of every object behind `Tick` and takes
all of it, so that a new attribute is part of the state by itself and a new kind of object is refused until it is
understood. Instants are told from other numbers by their size: the exploration begins at `EPOCH`, far beyond any
duration, and an instant counts by its distance from now, ages up to a horizon. What is left out is listed below, each
with its reason, and a test changes it at random and sees that nothing else changes.
"""

import marshal
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from hashlib import blake2b
from operator import attrgetter
from typing import Any

from edge.control.intervals import LEAST_SHOWN_MS
from edge.control.overlaps import PED_BUFFER_MS
from edge.model.units import Ms
from edge.tick import Tick

EPOCH: Ms = 10_000_000_000
"""Where the exploration's clock begins; no duration and no count comes near it."""
NEAR: Ms = 1_000_000_000

CONSTANT: dict[str, frozenset[str]] = {
    "Tick": frozenset({"site"}),
    # the adaptive layer of an explored site is off: then nothing of it ever changes
    "Controller": frozenset({"_site", "_lamps", "_waits", "_adaptive", "_announcing"}),
    "DemandReader": frozenset({"_is_on", "_conflicts", "_soft"}),
    "Way": frozenset({"_site", "_conflicts"}),
    "Rings": frozenset({"_site", "_places", "_conflicts", "_group_of", "_together"}),
    "GreenTimers": frozenset({"_conflicts"}),
    "Monitor": frozenset({"_card"}),
    "LampWatch": frozenset({"_card"}),
}
"""Worked out once from the site and never changed: neither walked nor restored, and compared at the end of a walk."""

HARMLESS: dict[str, frozenset[str]] = {
    "Monitor": frozenset({"_sequence"}),  # the number of the image; only read-backs look at it, and there are none here
    "LampWatch": frozenset({"_sent"}),  # images kept for read-backs
    "FaultBook": frozenset({"changes"}),  # compared within one tick
}
"""Changes and is neither part of the state nor restored."""


def _age_when(*names: str) -> "Matters":
    """The age of an attribute of a machine, while its interval (or what is shown) has one of these names."""
    return lambda o, _: None if _name_of(o) in names else 0


def _name_of(thing: Any) -> str:
    return str((thing.shown if hasattr(thing, "shown") else thing.interval).name)


def _shaped(logic: Any, _: Tick) -> Ms | None:
    return None if logic.config.delay_ms or logic.config.extend_ms else 0


def _diagnosed(logic: Any, _: Tick) -> Ms | None:
    limits = logic.config.limits
    return None if limits.max_presence_ms or limits.no_activity_ms or limits.erratic_per_min else 0


def _passage(gap: Any, tick: Tick) -> Ms:
    green = tick.controller._machines[gap._phase.number].is_green
    return int(gap._phase.passage_ms) if green else 0


def _recalled_to(gap: Any, tick: Tick) -> Ms:
    """The beginning of green times what a plan recall asks for; without one nobody looks back at it."""
    return int(tick.controller._calls[gap._phase.number].least_green_ms)


def _greens(opposed: Any, tick: Tick) -> Any:
    """Of a mapping or a set of phases, what is said of those in green."""
    green = sorted(p for p in opposed if tick.controller._machines[p].is_green)
    return tuple((p, opposed[p]) for p in green) if isinstance(opposed, dict) else tuple(green)


def _revert(_: Any, tick: Tick) -> Ms:
    return max(tick.site.options.red_revert_ms, LEAST_SHOWN_MS)


def _intergreen(machine: Any, tick: Tick) -> Ms:
    return max((ms for (a, _), ms in tick.site.intergreen.items() if a == machine.number), default=0)


def _walking(machine: Any, tick: Tick) -> Ms | None:
    if machine.timing.ped is not None and machine.ped.name != "DONT_WALK":
        return None
    buffered = any(o.not_with_ped for o in tick.site.overlaps.values())
    return max(LEAST_SHOWN_MS, PED_BUFFER_MS if buffered else 0)


def _green_watched(machine: Any, tick: Tick) -> Ms | None:
    """`since` times the minimum; the delay of an overlap counts from the start of green, and so does priority."""
    if tick.site.priorities:
        return None
    return max((o.delay_ms for o in tick.site.overlaps.values()), default=0) if machine.is_green else 0


def _never(_: Any, __: Tick) -> Ms:
    return 0


Matters = Callable[[Any, Tick], Ms | None]
MATTERS: dict[tuple[str, str], Matters] = {
    # the level of a loop is told anew in every tick, and without delay and extend nobody looks back at it
    ("DetectorLogic", "occupied"): _shaped,
    ("DetectorLogic", "active"): _shaped,
    ("DetectorLogic", "_extend_until"): _shaped,
    ("DetectorLogic", "diagnosis"): _diagnosed,
    ("DetectorLogic", "actuations"): _never,  # for the screen
    ("DetectorLogic", "last_actuation"): _never,  # for the screen
    ("PhaseCalls", "calling"): _never,
    ("PhaseCalls", "vehicle"): _never,  # made anew from the loops and `locked` before anybody asks; served in green
    ("Gap", "extending"): _never,
    ("_Button", "_count"): _never,  # a press is told from its rising, wherever it stands
    ("_Button", "diagnosis"): _diagnosed,
    ("DetectorBank", "_turn"): _never,  # whose turn it is to be diagnosed: the explored sites have no limits
    ("DetectorBank", "_began"): _never,  # for loops not heard since the start, the same
    ("Gap", "began_at"): _recalled_to,
    # since when somebody waits: for the cycle fault alone, whose time the explorer measures itself
    ("PhaseCalls", "vehicle_since"): _never,
    ("PhaseCalls", "ped_since"): _never,
    ("Pattern", "since"): _never,
    # passage and maximum time in green alone, and begin anew with it
    ("Gap", "extended_at"): _passage,
    ("Controller", "_bent_ms"): _never,
    ("PhaseMachine", "since"): _age_when("MIN_GREEN", "YELLOW_CHANGE", "RED_CLEARANCE"),
    ("PhaseMachine", "minimum_ms"): _age_when("MIN_GREEN"),
    ("PhaseMachine", "_vehicle_minimum_ms"): _age_when("MIN_GREEN"),
    ("PhaseMachine", "green_began"): _green_watched,
    ("PhaseMachine", "green_ended"): _intergreen,
    ("PhaseMachine", "red_since"): _revert,
    ("PhaseMachine", "ped_since"): _walking,
    ("OverlapMachine", "since"): _age_when("TRAILING_GREEN", "YELLOW_CHANGE", "RED_CLEARANCE"),
    ("OverlapMachine", "began"): lambda overlap, _: overlap.timing.min_green_ms if overlap.is_moving else 0,
    ("OverlapMachine", "yellow_ended"): _revert,
    ("UnitMode", "since"): lambda mode, _: 0 if mode.mode.name == "RUN" else None,
    ("View", "wires"): _never,  # told anew in every tick before anybody asks
    # the monitor times what has a minimum, and leaving flash
    ("Track", "since_ms"): _age_when("GREEN", "YELLOW", "WALK", "PED_CLEARANCE"),
    ("Track", "ended_ms"): lambda _, tick: tick.monitor._card.longest_yellow_and_red_ms,
    ("History", "since_ms"): lambda history, _: 0 if history.standing.name == "RUNNING" else None,
}
"""Up to which age an attribute matters now: 0 not at all, None up to the horizon. All of it is restored all the same."""

SHORTER: dict[tuple[str, str], Callable[[Any, Tick], Any]] = {
    ("GreenTimers", "_opposed"): _greens,  # the maximum times in green alone, and begins anew with it
    ("GreenTimers", "_gapped"): _greens,
}
"""Containers of which a part matters now; restored as a whole."""


class UnknownThing(TypeError):
    """An object that the walker does not understand: teach it, so that no state is missed."""


class _Class:
    """How one class of objects is read and written."""

    __slots__ = ("attributes", "matters", "members", "name", "read", "shorter")

    def __init__(self, kind: type, sample: object, names: list[str]) -> None:
        self.name = kind.__name__
        self.members = len(getattr(sample, "__dict__", ()))
        left_out = CONSTANT.get(self.name, frozenset()) | HARMLESS.get(self.name, frozenset())
        self.attributes = tuple(n for n in names if n not in left_out)
        one, several = self.attributes[:1], self.attributes[1:]
        getter = attrgetter(*self.attributes) if one else None
        self.read: Callable[[Any], tuple[Any, ...]]
        if getter is None:
            self.read = lambda _: ()
        else:
            self.read = getter if several else lambda o: (getter(o),)
        self.matters = tuple(MATTERS.get((self.name, n)) for n in self.attributes)
        self.shorter = {k: SHORTER[self.name, n] for k, n in enumerate(self.attributes) if (self.name, n) in SHORTER}


def _attributes(kind: type, sample: object) -> list[str]:
    slots = [n for base in kind.__mro__ for n in getattr(base, "__slots__", ())]
    unset = [n for n in slots if not hasattr(sample, n)]
    if unset:
        raise UnknownThing(f"{kind.__qualname__} is not all there yet: {unset}")
    return sorted({*slots, *getattr(sample, "__dict__", {})})


Memento = list[tuple[Any, Any]]
"""Every object that can change, with what it held."""

_ATOMS = (str, bool, type(None), float, bytes)


class Walker:
    """Reads, restores and names the states of one `Tick`."""

    def __init__(self, tick: Tick, horizon_ms: Ms, period_ms: Ms | None = None) -> None:
        self._tick = tick
        self._horizon = horizon_ms
        self._period = period_ms
        self._configured = {id(o) for o in _everything(tick.site)} | {id(o) for o in _everything(tick.monitor._card)}
        self._classes: dict[type, _Class] = {}
        self._how: dict[type, Callable[[Any], None]] = {}
        self._now: Ms = 0
        self._out: list[Any] = []
        self._memento: Memento = []
        self._met: dict[int, int] = {}

    def capture(self, now: Ms) -> tuple[bytes, Memento]:
        """The name of the state at `now`, and the way back to it."""
        self._now, self._out, self._memento, self._met = now, [], [], {}
        if self._period is not None:
            self._out.append(now % self._period)
        self._walk(self._tick)
        packed = marshal.dumps(self._out, 0)
        return blake2b(packed, digest_size=16).digest(), self._memento

    def words(self, now: Ms) -> tuple[Any, ...]:
        """The same as it was before it was packed; to compare two states that should be one."""
        self.capture(now)
        return tuple(self._out)

    def restore(self, memento: Memento) -> None:
        """Come back to a captured state."""
        for thing, held in memento:
            kind = type(thing)
            if kind is dict or kind is set:
                thing.clear()
                thing.update(held)
            elif kind is list or kind is deque:
                thing.clear()
                thing.extend(held)
            else:
                for name, value in zip(self._classes[kind].attributes, held, strict=True):
                    setattr(thing, name, value)

    def _walk(self, value: Any) -> None:
        kind = type(value)
        if kind is int:
            self._number(value, self._horizon)
        elif value is None or kind is bool or kind is str:
            self._out.append(value)
        else:
            how = self._how.get(kind)
            if how is None:
                how = self._how[kind] = self._choose(kind, value)
            how(value)

    def _choose(self, kind: type, value: Any) -> Callable[[Any], None]:
        """How things of this type are walked."""
        if isinstance(value, Enum):
            return lambda v: self._out.append(v._value_)
        if isinstance(value, int | float | bytes):
            return lambda v: self._out.append(kind.__mro__[-2](v))
        by_type: dict[type, Callable[[Any], None]] = {
            tuple: self._tuple,
            frozenset: self._unordered,
            dict: self._dict,
            set: self._list,
        }
        if kind in by_type:
            return by_type[kind]
        if kind in {list, deque}:
            return self._list
        if is_dataclass(value) and getattr(kind, "__dataclass_params__").frozen:  # noqa: B009 - mypy knows no such member
            self._classes[kind] = _Class(kind, value, [f.name for f in fields(value)])
            return self._frozen
        if kind.__module__.startswith(("edge.", "tests.")):
            self._classes[kind] = _Class(kind, value, _attributes(kind, value))
            return self._object
        raise UnknownThing(f"{kind.__module__}.{kind.__qualname__} is new to the walker: {value!r}")

    def _number(self, value: int, horizon: Ms) -> None:
        away = value - self._now
        if -NEAR < away < NEAR:
            self._out.append((max(-horizon, away),))
        else:
            self._out.append(value)

    def _tuple(self, value: tuple[Any, ...]) -> None:
        if id(value) in self._configured:
            self._out.append(id(value))
            return
        self._out.append(len(value))
        for item in value:
            self._walk(item)

    def _unordered(self, value: frozenset[Any]) -> None:
        if all(type(item) is int for item in value):
            self._out.append(tuple(sorted(value)))
        else:
            self._out.append(len(value))
            for item in sorted(value, key=repr):
                self._walk(item)

    def _dict(self, value: dict[Any, Any]) -> None:
        if self._known(value):
            return
        self._memento.append((value, dict(value)))
        self._out.append(len(value))
        for key, item in value.items():
            self._walk(key)
            self._walk(item)

    def _list(self, value: Any) -> None:
        if self._known(value):
            return
        self._memento.append((value, list(value)))
        self._out.append(len(value))
        for item in sorted(value, key=repr) if type(value) is set else value:
            self._walk(item)

    def _known(self, value: Any) -> bool:
        """Whether it is of the site itself, or has been walked already: then a word stands for it."""
        if id(value) in self._configured:
            self._out.append(id(value))
            return True
        number = self._met.get(id(value))
        if number is None:
            self._met[id(value)] = len(self._met)
            return False
        self._out.append([number])
        return True

    def _frozen(self, value: Any) -> None:
        if id(value) in self._configured:
            self._out.append(id(value))
        else:
            known = self._classes[type(value)]
            self._members(known, value, known.read(value))

    def _object(self, value: Any) -> None:
        if self._known(value):
            return
        known = self._classes[type(value)]
        if len(getattr(value, "__dict__", ())) != known.members:
            raise UnknownThing(f"{known.name} has got another attribute since it was first seen")
        held = known.read(value)
        self._memento.append((value, held))
        self._members(known, value, held)

    def _members(self, known: _Class, value: Any, held: tuple[Any, ...]) -> None:
        out = self._out
        out.append(known.name)
        for k, part in known.shorter.items():
            self._memento.append((held[k], held[k].copy()))
            self._walk(part(held[k], self._tick))
        for k, (matters, item) in enumerate(zip(known.matters, held, strict=True)):
            if k in known.shorter:
                continue
            horizon = self._horizon
            if matters is not None:
                age = matters(value, self._tick)
                if age == 0:
                    continue
                horizon = horizon if age is None else age
            kind = type(item)
            if kind is int:
                self._number(item, horizon)
            elif item is None or kind is bool or kind is str:
                out.append(item)
            else:
                self._walk(item)

    def constants(self) -> dict[str, str]:
        """What is taken for constant, as text: the same before and after a walk."""
        engine = self._tick.controller
        whole = {"Controller": engine, "Rings": engine._rings}
        return {f"{n}.{a}": repr(getattr(o, a)) for n, o in whole.items() for a in sorted(CONSTANT[n] - {"_lamps"})}


def _everything(root: object) -> Iterator[object]:
    """All containers and values behind a frozen thing."""
    stack, seen = [root], set()
    while stack:
        thing = stack.pop()
        if id(thing) in seen or isinstance(thing, (*_ATOMS, int, Enum)):
            continue
        seen.add(id(thing))
        yield thing
        if isinstance(thing, Mapping):
            stack += [*thing.values(), *thing.keys()]
        elif isinstance(thing, tuple | frozenset | list):
            stack += list(thing)
        elif is_dataclass(thing):
            stack += [getattr(thing, f.name) for f in fields(thing)]
            stack += list(getattr(thing, "__dict__", {}).values())
