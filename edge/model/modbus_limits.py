"""What a Modbus request can name and carry; the drivers and the check of a site file go by the same figures."""

from typing import Final

from edge.model.devices import InputForm, ModbusInputs, SerialTransport, TcpTransport
from edge.model.units import Ms

LAST_ADDRESS: Final = 0xFFFF

MAX_WRITE_COILS: Final = 1968
"""Most coils of one image (MODBUS Application Protocol V1.1b3, 6.11)."""

RTU_UNITS: Final = range(1, 248)
"""0 is broadcast, 248-255 are reserved (MODBUS over Serial Line V1.02, 2.2)."""

TCP_UNITS: Final = range(256)
"""0 and 255 mean "the module itself" (MODBUS Messaging on TCP/IP V1.0b, 4.4.2.1)."""

WIDE_FORMS: Final = frozenset({InputForm.COUNTERS32, InputForm.HOLDING_COUNTERS32})
"""The forms that take two registers an input."""

LOST_ANSWER_MS: Final[Ms] = 200
"""Ours: what a lost answer costs an RTU line beside three time-outs: the telegrams themselves, and the turn after."""


def units_of(transport: TcpTransport | SerialTransport) -> range:
    """The unit numbers that a line can address."""
    return TCP_UNITS if isinstance(transport, TcpTransport) else RTU_UNITS


def last_input(inputs: ModbusInputs) -> int:
    """The address of the last input."""
    return inputs.start + inputs.count * (2 if inputs.form in WIDE_FORMS else 1) - 1


def lost_answer_ms(timeout_ms: Ms) -> Ms:
    """How long an RTU line may be closed to all others when a unit on it does not answer one question.

    >>> lost_answer_ms(200)
    800
    """
    return 3 * timeout_ms + LOST_ANSWER_MS
