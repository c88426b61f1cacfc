"""The rows of `io:`, one pydantic model a driver kind."""

from typing import Annotated, Literal

from pydantic import Field

from edge.config.fields import Seconds, Switch, Text, Whole, Word
from edge.config.row import Row, optional, setting, switch
from edge.model.devices import InputForm, Parity, SerialProtocol
from edge.model.units import Ms

_POLL = Seconds(0.1, 10)
_STALE = Seconds(0.2, 60)


class _DeviceRow(Row):
    stale_after: Annotated[Ms, _STALE] = setting(1.0, "A sample older than this is no sample, s.")


class ModbusInputsRow(Row):
    """`inputs` of a Modbus device: terminals 1 to `count` are addresses from `start`."""

    form: Annotated[InputForm, Word(InputForm)] = Field(description="How the module presents its inputs.")
    start: Annotated[int, Whole(0, 65_535)] = setting(0, "Address of terminal 1, counted from 0.")
    count: Annotated[int, Whole(1, 2_000)] = Field(description="How many terminals.")


class ModbusRow(_DeviceRow):
    """`driver: modbus`: `host` for TCP, or `port` for RTU."""

    driver: Literal["modbus"] = Field(description="The driver.")
    profile: Annotated[str, Text(60, empty=False)] = Field(description="The module, see docs/drivers.md.")
    host: Annotated[str | None, Text(253, empty=False)] = optional("Modbus TCP: address.")
    tcp_port: Annotated[int | None, Whole(1, 65_535)] = optional("Modbus TCP: port, default 502.")
    port: Annotated[str | None, Text(200, empty=False)] = optional("Modbus RTU: serial port, by /dev/serial/by-id.")
    baud: Annotated[int | None, Whole(300, 1_000_000)] = optional("Modbus RTU: baud, default 9600.")
    parity: Annotated[Parity | None, Word(Parity)] = optional("Modbus RTU: parity, default none.")
    stop_bits: Annotated[int | None, Whole(1, 2)] = optional("Modbus RTU: stop bits, default 1.")
    unit: Annotated[int, Whole(0, 255)] = setting(1, "Unit (slave) number.")
    poll: Annotated[Ms, _POLL] = setting(0.1, "Interval of reading, s.")
    timeout: Annotated[Ms, Seconds(0.1, 5)] = setting(0.2, "An answer later than this is no answer, s.")
    inputs: ModbusInputsRow | None = optional("Its inputs, where it has any that are used.")
    coils_start: Annotated[int, Whole(0, 65_535)] = setting(0, "Coil address of wire 0.")
    watchdog: Annotated[Ms | None, Seconds(0.1, 60)] = optional(
        "What the module's watchdog must be set to, at most, s."
    )
    readback: Annotated[bool, Switch()] = switch("Read the coils back and compare.", default=True)
    external_monitor: Annotated[bool, Switch()] = switch(
        "A hardware monitor stands behind it; needed where the module holds its outputs without a master.",
        default=False,
    )


class SerialRow(_DeviceRow):
    """`driver: serial`: loop cards and counters on a serial line."""

    driver: Literal["serial"] = Field(description="The driver.")
    port: Annotated[str, Text(200, empty=False)] = Field(description="Serial port, by /dev/serial/by-id.")
    baud: Annotated[int, Whole(300, 1_000_000)] = setting(9_600, "Baud.")
    parity: Annotated[Parity, Word(Parity)] = setting("none", "Parity.")
    stop_bits: Annotated[int, Whole(1, 2)] = setting(1, "Stop bits.")
    protocol: Annotated[SerialProtocol, Word(SerialProtocol)] = Field(description="What is spoken on the line.")
    poll: Annotated[Ms, _POLL] = setting(0.1, "Interval of asking, s.")
    address: Annotated[int, Whole(0, 255)] = setting(0, "Canoga: address of the card.")
    presence_mask: Annotated[int, Whole(0, 255)] = setting(
        0, "Canoga: bits of the state byte that mean presence; 0: only counts are believed."
    )


class MockRow(_DeviceRow):
    """`driver: mock`: in memory, fed by the built-in traffic or a test."""

    driver: Literal["mock"] = Field(description="The driver.")


class ReplayRow(_DeviceRow):
    """`driver: replay`: the detector events of a recorded log."""

    driver: Literal["replay"] = Field(description="The driver.")
    log: Annotated[str, Text(400, empty=False)] = Field(description="The log, CSV as exported.")


DeviceRow = Annotated[ModbusRow | SerialRow | MockRow | ReplayRow, Field(discriminator="driver")]

DRIVERS = ("modbus", "serial", "mock", "replay")
