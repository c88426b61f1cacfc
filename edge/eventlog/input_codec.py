"""One tick's inputs as the difference from the tick before, exactly, in plain JSON values. Pure: values there and back.

A tick is `[now, detectors, buttons, local, commands, faults, readbacks, wires]`, `now` as the rise since the tick before, and
the advice behind it where there is one.
`0` stands for what need not be said: the same object as before (samples, readbacks), equal (faults), none (commands),
gone on with the clock (local). What changes on every tick, the instants at which samples were taken, is told once for
all samples that shared one: they mostly come from the same answer of the same device.

The order of every mapping is kept, because the core may walk through it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias, TypeVar

from edge.model.commands import Command, CommandKind
from edge.model.detectors import InputSample
from edge.model.exchange import Inputs, Readback, ShellFault
from edge.model.external import WireName
from edge.model.faults import FaultKind
from edge.model.indications import Lamps
from edge.model.plans import LocalTime
from edge.model.told import advice_of, tell_advice
from edge.model.units import ButtonNumber, ChannelNumber, DetectorNumber, Ms

Json: TypeAlias = Any
"""What `json` reads and writes. Shapes are told at each function."""

_Number = TypeVar("_Number", DetectorNumber, ButtonNumber, WireName)
_Samples: TypeAlias = Mapping[_Number, InputSample]

_NOTHING = InputSample(occupied=False, count=0, taken_ms=0)  # what a sample differs from when there was none
_GOES_ON = (0, 0)  # a local time just as far on as the monotonic clock
_NO_READBACK = Readback(sequence=0, taken_ms=0, lamps=None)


def encode(rise_ms: Ms, before: Inputs, inputs: Inputs) -> list[Json]:
    """The tick `rise_ms` after the one with `before`."""
    told = [
        rise_ms,
        _samples(before.detectors, inputs.detectors),
        _samples(before.buttons, inputs.buttons),
        _local(rise_ms, before.local, inputs.local),
        [_command(c) for c in inputs.commands] or 0,
        0 if inputs.faults == before.faults else [[f.kind.value, f.where, f.detail] for f in inputs.faults],
        _readbacks(before.readbacks, inputs.readbacks),
        _samples(before.wires, inputs.wires),
    ]
    return told if inputs.advice is None else [*told, tell_advice(inputs.advice)]


def decode(before: Inputs, tick: list[Json]) -> tuple[Ms, Inputs]:
    """The rise and the inputs of an encoded tick, `before` being the inputs of the one before it.

    Raises:
        ValueError: it does not go on from `before`.
    """
    rise_ms, detectors, buttons, local, commands, faults, readbacks, *more = tick
    wires, advice, *_ = (*more, 0, 0)  # journals of version 1 have no wires, those before version 4 no advice
    return rise_ms, Inputs(
        _samples_back(before.detectors, detectors),
        _samples_back(before.buttons, buttons),
        _local_back(rise_ms, before.local, local),
        tuple(_command_back(told) for told in commands or ()),
        before.faults if faults == 0 else tuple(ShellFault(FaultKind(k), where, detail) for k, where, detail in faults),
        before.readbacks if readbacks == 0 else tuple(_readbacks_back(before.readbacks, readbacks)),
        _samples_back(before.wires, wires),
        None if advice == 0 else advice_of(advice),
    )


def _command(command: Command) -> list[Json]:
    """`[kind, who, why]`, and for an order of an operator's what it is about."""
    told: list[Json] = [command.kind.value, command.who, command.why]
    about: list[Json] = [command.id, list(command.phases), command.plan, command.for_ms]
    return told if about == [0, [], None, 0] else told + about


def _command_back(told: list[Json]) -> Command:
    kind, who, why, *about = told
    if not about:
        return Command(CommandKind(kind), who, why)
    number, phases, plan, for_ms = about
    return Command(CommandKind(kind), who, why, number, tuple(phases), plan, for_ms)


def _samples(before: _Samples[_Number], after: _Samples[_Number]) -> Json:
    """`[order or 0, rises of the shared instants, [number, taken] apart from them, [number, level, rise, ok] changed]`."""
    if after is before or not (after or before):
        return 0
    shared: dict[Ms, Ms] = {}  # an instant of before → the one now, in the order of `after`
    apart: list[Json] = []
    changed: list[Json] = []
    for number, sample in after.items():
        old = before.get(number, _NOTHING)
        if shared.setdefault(old.taken_ms, sample.taken_ms) != sample.taken_ms:
            apart.append([number, sample.taken_ms])
        if sample.occupied != old.occupied or sample.count != old.count or sample.ok != old.ok:
            changed.append([number, int(sample.occupied), sample.count - old.count, int(sample.ok)])
    order = 0 if list(after) == list(before) else list(after)
    return [order, [new - old for old, new in shared.items()], apart, changed]


def _samples_back(before: _Samples[_Number], told: Json) -> _Samples[_Number]:
    if told == 0:
        return before
    order, rises, apart, changed = told
    rise = iter(rises)
    shared: dict[Ms, Ms] = {}
    taken_apart: dict[_Number, Ms] = dict(apart)
    levels: dict[_Number, tuple[int, int, int]] = {n: (occupied, more, ok) for n, occupied, more, ok in changed}
    after: dict[_Number, InputSample] = {}
    for number in before if order == 0 else order:
        old = before.get(number, _NOTHING)
        if old.taken_ms not in shared:
            shared[old.taken_ms] = old.taken_ms + next(rise)
        taken_ms = taken_apart.get(number, shared[old.taken_ms])
        occupied, more, ok = levels.get(number, (old.occupied, 0, old.ok))
        after[number] = InputSample(bool(occupied), old.count + more, taken_ms, bool(ok))
    return after


def _local(rise_ms: Ms, before: LocalTime | None, after: LocalTime | None) -> Json:
    """`None`, 0, `[day_ms, epoch_ms]` as the difference from the expected, or all of it."""
    if after is None:
        return None
    if before is None or _day(before) != _day(after):
        told = [*after.date, after.weekday, after.day_ms, after.epoch_ms, int(after.synced)]
        return [*told, after.repeated_to_ms] if after.repeated_to_ms else told
    beyond = [after.day_ms - before.day_ms - rise_ms, after.epoch_ms - before.epoch_ms - rise_ms]
    return beyond if any(beyond) else 0


def _local_back(rise_ms: Ms, before: LocalTime | None, told: Json) -> LocalTime | None:
    if told is None:
        return None
    if told and len(told) != len(_GOES_ON):
        year, month, day, weekday, day_ms, epoch_ms, synced, *repeated = told
        return LocalTime((year, month, day), weekday, day_ms, epoch_ms, bool(synced), *repeated)
    if before is None:
        raise ValueError("a local time that goes on from none")
    day_more, epoch_more = told or _GOES_ON
    day_ms, epoch_ms = before.day_ms + rise_ms + day_more, before.epoch_ms + rise_ms + epoch_more
    return replace(before, day_ms=day_ms, epoch_ms=epoch_ms)


def _day(local: LocalTime) -> tuple[object, ...]:
    """What of a local time seldom changes."""
    return local.date, local.weekday, local.synced, local.repeated_to_ms


def _readbacks(before: tuple[Readback, ...], after: tuple[Readback, ...]) -> Json:
    """Each against the one at the same place: `[rise of the sequence, rise of the instant, lamps]`, lamps 0 if the same."""
    if after is before:
        return 0
    told = []
    for k, readback in enumerate(after):
        old = before[k] if k < len(before) else _NO_READBACK
        lamps = 0 if _same(old.lamps, readback.lamps) else _pairs(readback.lamps)
        told.append([readback.sequence - old.sequence, readback.taken_ms - old.taken_ms, lamps])
    return told


def _readbacks_back(before: tuple[Readback, ...], told: Json) -> Iterator[Readback]:
    for k, (sequence, taken_ms, lamps) in enumerate(told):
        old = before[k] if k < len(before) else _NO_READBACK
        shown = old.lamps if lamps == 0 else _lamps_back(lamps)
        yield Readback(old.sequence + sequence, old.taken_ms + taken_ms, shown)


def _same(a: Mapping[ChannelNumber, Lamps] | None, b: Mapping[ChannelNumber, Lamps] | None) -> bool:
    return a is b or _pairs(a) == _pairs(b)


def _pairs(lamps: Mapping[ChannelNumber, Lamps] | None) -> Json:
    return None if lamps is None else [[number, int(lit)] for number, lit in lamps.items()]


def _lamps_back(pairs: Json) -> Mapping[ChannelNumber, Lamps] | None:
    return None if pairs is None else {number: Lamps(lit) for number, lit in pairs}
