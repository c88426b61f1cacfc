"""Detector inputs of one Modbus unit: contacts, coils or counters, polled into samples. No lamp is known here."""

# mypy: disable-error-code="explicit-override"
# `typing.override` comes with Python 3.12; the three methods below are what `Mapping` asks for.

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from drivers.base import Clock
from drivers.modbus_codec import (
    MAX_READ_BITS,
    MAX_READ_REGISTERS,
    Function,
    Reply,
    Request,
    counter_step,
    counts_from,
)
from edge.model.detectors import InputSample
from edge.model.devices import InputForm, ModbusInputs
from edge.model.modbus_limits import WIDE_FORMS
from edge.model.modbus_profiles import WordOrder
from edge.model.units import Ms

Ask: TypeAlias = Callable[[Request], Reply]
"""One exchange on the line. Raises what `Port.exchange` raises."""

_FUNCTIONS: Final[Mapping[InputForm, Function]] = {
    InputForm.CONTACTS: Function.READ_DISCRETE_INPUTS,
    InputForm.COILS: Function.READ_COILS,
    InputForm.COUNTERS16: Function.READ_INPUT_REGISTERS,
    InputForm.COUNTERS32: Function.READ_INPUT_REGISTERS,
    InputForm.HOLDING_COUNTERS16: Function.READ_HOLDING_REGISTERS,
    InputForm.HOLDING_COUNTERS32: Function.READ_HOLDING_REGISTERS,
}
_LEVELS: Final = frozenset({InputForm.CONTACTS, InputForm.COILS})


def _by_terminal(samples: tuple[InputSample, ...]) -> Mapping[str, InputSample]:
    """Terminal `"1"` is the first."""
    return {str(number): sample for number, sample in enumerate(samples, start=1)}


class InputPoller:
    """Asks one unit for its inputs and keeps the last samples, with counts that never fall."""

    def __init__(self, unit: int, inputs: ModbusInputs, order: WordOrder, clock: Clock) -> None:
        self.samples: Mapping[str, InputSample] = {}
        self._form = inputs.form
        self._order = order
        self._clock = clock
        self._requests = requests_for(unit, inputs)
        self._count = inputs.count
        self._last: tuple[int, ...] = ()

    def poll(self, ask: Ask) -> None:
        """Read every input once. Nothing changes unless all of them were read."""
        taken_ms = self._clock()
        values: list[int] = []
        for request in self._requests:
            values += ask(request).values[: request.count]
        before = tuple(self.samples.values())
        if self._form in _LEVELS:
            self.samples = _by_terminal(_levels(before, values, taken_ms))
        else:
            counts = counts_from(values, wide=self._form in WIDE_FORMS, order=self._order)
            self.samples = _by_terminal(
                _counters(before, self._last, counts, (32 if self._form in WIDE_FORMS else 16, taken_ms))
            )
            self._last = counts


def requests_for(unit: int, inputs: ModbusInputs) -> tuple[Request, ...]:
    """The reads that cover all inputs, as few as the standard's limits allow; a 32-bit counter is never cut in two."""
    function = _FUNCTIONS[inputs.form]
    width = 2 if inputs.form in WIDE_FORMS else 1
    limit = MAX_READ_BITS if inputs.form in _LEVELS else MAX_READ_REGISTERS // width * width
    end = inputs.start + inputs.count * width
    return tuple(Request(unit, function, start, min(limit, end - start)) for start in range(inputs.start, end, limit))


def _levels(before: tuple[InputSample, ...], values: list[int], taken_ms: Ms) -> tuple[InputSample, ...]:
    """Samples of contacts: an actuation is a level that was seen to rise."""
    if not before:
        return tuple(InputSample(bool(value), 0, taken_ms) for value in values)
    return tuple(
        InputSample(bool(value), old.count + (1 if value and not old.occupied else 0), taken_ms)
        for old, value in zip(before, values, strict=True)
    )


def _counters(
    before: tuple[InputSample, ...], last: tuple[int, ...], counts: tuple[int, ...], now: tuple[int, Ms]
) -> tuple[InputSample, ...]:
    """Samples of counters: no presence; the first reading is where counting starts; a reset makes one sample not ok."""
    bits, taken_ms = now
    if not before:
        return tuple(InputSample(occupied=False, count=0, taken_ms=taken_ms) for _ in counts)
    steps = [counter_step(previous, count, bits) for previous, count in zip(last, counts, strict=True)]
    return tuple(
        InputSample(occupied=False, count=old.count + step.added, taken_ms=taken_ms, ok=not step.reset)
        for old, step in zip(before, steps, strict=True)
    )
