"""A Modbus module as its profile says it behaves: inputs, coils, the registers of its watchdog, and the watchdog. Pure.

It begins armed as a technician leaves it: watchdog on, fed by writing alone, outputs off. When nobody writes for the time
in its register, the outputs go to what the profile says (off, or as they were), and it says so where the profile says.
Requests and replies: MODBUS Application Protocol V1.1b3, section 6.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from edge.model.devices import InputForm, ModbusInputs, ModbusOptions
from edge.model.modbus_profiles import PROFILES, Cell, OnMasterLoss, Profile, Space, Watchdog, WordOrder
from edge.model.units import SECOND_MS, Ms

NO_FUNCTION, NO_ADDRESS, FAILED = 1, 2, 4
"""Exception codes (MODBUS Application Protocol V1.1b3, section 7)."""

_END = 1 << 16
_ON = 0xFF00
_WORD = 0xFFFF
_SHORTEST = 5
_LISTS = frozenset({0x0F, 0x10})
_LEVELS = {InputForm.CONTACTS: Space.DISCRETE_INPUTS, InputForm.COILS: Space.COILS}
_NARROW = {InputForm.COUNTERS16: Space.INPUT_REGISTERS, InputForm.HOLDING_COUNTERS16: Space.HOLDING_REGISTERS}
_WIDE = {InputForm.COUNTERS32: Space.INPUT_REGISTERS, InputForm.HOLDING_COUNTERS32: Space.HOLDING_REGISTERS}
_DROPS = frozenset({OnMasterLoss.OFF, OnMasterLoss.SAFE})


class ModbusModule:
    """One unit. `expiries`: how often its watchdog has run out."""

    def __init__(self, options: ModbusOptions) -> None:
        self.profile: Profile = PROFILES[options.profile]
        self.expiries = 0
        self._watchdog_ms: Ms = options.watchdog_ms or SECOND_MS
        self._inputs = options.inputs
        self._tables: dict[Space, dict[int, int]] = {space: {} for space in Space}
        self._fed_ms: Ms | None = None
        self._tripped = False
        self._served: Mapping[int, Callable[[Ms, bytes], bytes]] = {
            0x01: lambda _, pdu: self._bits(Space.COILS, pdu),
            0x02: lambda _, pdu: self._bits(Space.DISCRETE_INPUTS, pdu),
            0x03: lambda _, pdu: self._words(Space.HOLDING_REGISTERS, pdu),
            0x04: lambda _, pdu: self._words(Space.INPUT_REGISTERS, pdu),
            0x05: self._write_coil,
            0x06: self._write_register,
            0x0F: self._write_coils,
            0x10: self._write_registers,
        }
        for cell, value in _settings(self.profile.watchdog, self._watchdog_ms).items():
            self._tables[cell.space][cell.address] = value

    # ── the cabinet's side ──────────────────────────────────────────────────────────────────────

    def is_lit(self, coil: int) -> bool:
        """Whether an output is on."""
        return bool(self._tables[Space.COILS].get(coil, 0))

    def sense(self, terminal: int, *, on: bool, count: int) -> None:
        """What hangs on an input terminal, counted from 1."""
        inputs = self._inputs
        if inputs is None or not 1 <= terminal <= inputs.count:
            return
        if inputs.form in _LEVELS:
            self._tables[_LEVELS[inputs.form]][inputs.start + terminal - 1] = int(on)
        elif inputs.form in _NARROW:
            self._tables[_NARROW[inputs.form]][inputs.start + terminal - 1] = count & _WORD
        else:
            self._set_wide(inputs, terminal, count)

    def _set_wide(self, inputs: ModbusInputs, terminal: int, count: int) -> None:
        table, first = self._tables[_WIDE[inputs.form]], inputs.start + 2 * (terminal - 1)
        words = (count >> 16 & _WORD, count & _WORD)
        if self.profile.counter_order is WordOrder.LOW_FIRST:
            words = (words[1], words[0])
        table[first], table[first + 1] = words

    def watch(self, now: Ms) -> None:
        """Let the watchdog look at the clock. It begins with the first write."""
        if self._fed_ms is None or now - self._fed_ms <= self._time_ms:
            return
        self._fed_ms = None
        self.expiries += 1
        watchdog = self.profile.watchdog
        if self.profile.on_master_loss in _DROPS:
            own = _settings(watchdog, self._watchdog_ms)
            kept = {c.address: self._value(c) for c in own if c.space is Space.COILS}
            self._tables[Space.COILS] = kept
        if watchdog is not None and watchdog.trips is not None:
            self._set(watchdog.trips, self._value(watchdog.trips) + 1 & _WORD)
        if watchdog is not None and watchdog.trip is not None:
            self._tripped = True
            self._set(watchdog.trip.cell, watchdog.trip.values[0])

    @property
    def _time_ms(self) -> Ms:
        watchdog = self.profile.watchdog
        if watchdog is None or watchdog.time is None:
            return self._watchdog_ms
        return self._value(watchdog.time.cell) * watchdog.time.unit_ms

    # ── the line's side ─────────────────────────────────────────────────────────────────────────

    def answer(self, now: Ms, pdu: bytes) -> bytes:
        """The reply to the bytes from function code on."""
        self.watch(now)
        serve = self._served.get(pdu[0])
        if serve is None or len(pdu) < _SHORTEST:
            return _exception(pdu, NO_FUNCTION)
        several = pdu[0] not in {0x05, 0x06}
        if _address(pdu) + (_number(pdu) if several else 1) > _END:
            return _exception(pdu, NO_ADDRESS)
        return serve(now, pdu)

    def _bits(self, space: Space, pdu: bytes) -> bytes:
        values = self._read(space, pdu)
        packed = sum(bool(value) << at for at, value in enumerate(values))
        return _reading(pdu, packed.to_bytes((len(values) + 7) // 8, "little"))

    def _words(self, space: Space, pdu: bytes) -> bytes:
        return _reading(pdu, b"".join(value.to_bytes(2, "big") for value in self._read(space, pdu)))

    def _read(self, space: Space, pdu: bytes) -> list[int]:
        table, first = self._tables[space], _address(pdu)
        return [table.get(address, 0) for address in range(first, first + _number(pdu))]

    def _write_coil(self, now: Ms, pdu: bytes) -> bytes:
        return self._write(now, pdu, Space.COILS, [int(_number(pdu) == _ON)])

    def _write_register(self, now: Ms, pdu: bytes) -> bytes:
        return self._write(now, pdu, Space.HOLDING_REGISTERS, [_number(pdu)])

    def _write_coils(self, now: Ms, pdu: bytes) -> bytes:
        packed = int.from_bytes(pdu[6:], "little")
        return self._write(now, pdu, Space.COILS, [packed >> at & 1 for at in range(_number(pdu))])

    def _write_registers(self, now: Ms, pdu: bytes) -> bytes:
        words = [int.from_bytes(pdu[at : at + 2], "big") for at in range(6, len(pdu) - 1, 2)]
        return self._write(now, pdu, Space.HOLDING_REGISTERS, words)

    def _write(self, now: Ms, pdu: bytes, space: Space, values: Sequence[int]) -> bytes:
        first = _address(pdu)
        if self._resets(space, first, values[0]):
            self._reset()
            return pdu[:_SHORTEST]
        if self._tripped:
            return _exception(pdu, FAILED)
        for at, value in enumerate(values):
            self._tables[space][first + at] = value
        if space is Space.COILS:
            self._fed_ms = now
        return pdu[:_SHORTEST]

    def _resets(self, space: Space, address: int, value: int) -> bool:
        """Whether a write is the one that resets an expired watchdog."""
        trip = self.profile.watchdog.trip if self.profile.watchdog else None
        clear = trip.clear if trip else None
        return (
            trip is not None
            and clear is not None
            and (clear.space, clear.address, trip.clear_value) == (space, address, value)
        )

    def _reset(self) -> None:
        watchdog = self.profile.watchdog
        if watchdog is not None and watchdog.trip is not None:
            self._tripped = False
            self._set(watchdog.trip.cell, _settings(watchdog, self._watchdog_ms).get(watchdog.trip.cell, 0))

    def _value(self, cell: Cell) -> int:
        return self._tables[cell.space].get(cell.address, 0)

    def _set(self, cell: Cell, value: int) -> None:
        self._tables[cell.space][cell.address] = value


def _settings(watchdog: Watchdog | None, watchdog_ms: Ms) -> dict[Cell, int]:
    """What a technician has set, cell by cell."""
    if watchdog is None:
        return {}
    cells: Iterable[Cell | None] = (watchdog.trips, watchdog.trip.cell if watchdog.trip else None)
    settings = {cell: 0 for cell in cells if cell is not None}
    settings |= {demand.cell: demand.allowed[0] for demand in watchdog.demands}
    if watchdog.time is not None:
        settings[watchdog.time.cell] = watchdog_ms // watchdog.time.unit_ms
    return settings


def _address(pdu: bytes) -> int:
    return int.from_bytes(pdu[1:3], "big")


def _number(pdu: bytes) -> int:
    return int.from_bytes(pdu[3:5], "big")


def _reading(pdu: bytes, data: bytes) -> bytes:
    return bytes([pdu[0], len(data)]) + data


def _exception(pdu: bytes, code: int) -> bytes:
    return bytes([pdu[0] | 0x80, code])
