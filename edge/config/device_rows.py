"""The rows of `io:`, one pydantic model a driver kind."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from edge.config.fields import Seconds, Switch, Text, Whole, Word
from edge.model.devices import InputForm, Parity, SerialProtocol
from edge.model.units import Ms

_POLL = Seconds(0.1, 10)
_STALE = Seconds(0.2, 60)


class _DeviceRow(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, validate_default=True)

    stale_after: Annotated[Ms, _STALE] = Field(1.0, description="A sample older than this is no sample, s.")


class ModbusInputsRow(BaseModel):
    """`inputs` of a Modbus device: terminals 1 to `count` are addresses from `start`."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, validate_default=True)

    form: Annotated[InputForm, Word(InputForm)] = Field(description="How the module presents its inputs.")
    start: Annotated[int, Whole(0, 65_535)] = Field(0, description="Address of terminal 1, counted from 0.")
    count: Annotated[int, Whole(1, 2_000)] = Field(description="How many terminals.")


class ModbusRow(_DeviceRow):
    """`driver: modbus`: `host` for TCP, or `port` for RTU."""

    driver: Literal["modbus"] = Field(description="The driver.")
    profile: Annotated[str, Text(60, empty=False)] = Field(description="The module, see docs/drivers.md.")
    host: Annotated[str | None, Text(253, empty=False)] = Field(
        None, validate_default=False, description="Modbus TCP: address."
    )
    tcp_port: Annotated[int | None, Whole(1, 65_535)] = Field(
        None, validate_default=False, description="Modbus TCP: port, default 502."
    )
    port: Annotated[str | None, Text(200, empty=False)] = Field(
        None, validate_default=False, description="Modbus RTU: serial port, by /dev/serial/by-id."
    )
    baud: Annotated[int | None, Whole(300, 1_000_000)] = Field(
        None, validate_default=False, description="Modbus RTU: baud, default 9600."
    )
    parity: Annotated[Parity | None, Word(Parity)] = Field(
        None, validate_default=False, description="Modbus RTU: parity, default none."
    )
    stop_bits: Annotated[int | None, Whole(1, 2)] = Field(
        None, validate_default=False, description="Modbus RTU: stop bits, default 1."
    )
    unit: Annotated[int, Whole(0, 255)] = Field(1, description="Unit (slave) number.")
    poll: Annotated[Ms, _POLL] = Field(0.1, description="Interval of reading, s.")
    timeout: Annotated[Ms, Seconds(0.1, 5)] = Field(0.2, description="An answer later than this is no answer, s.")
    inputs: ModbusInputsRow | None = Field(None, description="Its inputs, where it has any that are used.")
    coils_start: Annotated[int, Whole(0, 65_535)] = Field(0, description="Coil address of wire 0.")
    watchdog: Annotated[Ms | None, Seconds(0.1, 60)] = Field(
        None, validate_default=False, description="What the module's watchdog must be set to, at most, s."
    )
    readback: Annotated[bool, Switch()] = Field(True, description="Read the coils back and compare.")  # noqa: FBT003
    external_monitor: Annotated[bool, Switch()] = Field(
        False,  # noqa: FBT003
        description="A hardware monitor stands behind it; needed where the module holds its outputs without a master.",
    )


class SerialRow(_DeviceRow):
    """`driver: serial`: loop cards and counters on a serial line."""

    driver: Literal["serial"] = Field(description="The driver.")
    port: Annotated[str, Text(200, empty=False)] = Field(description="Serial port, by /dev/serial/by-id.")
    baud: Annotated[int, Whole(300, 1_000_000)] = Field(9_600, description="Baud.")
    parity: Annotated[Parity, Word(Parity)] = Field("none", description="Parity.")
    stop_bits: Annotated[int, Whole(1, 2)] = Field(1, description="Stop bits.")
    protocol: Annotated[SerialProtocol, Word(SerialProtocol)] = Field(description="What is spoken on the line.")
    poll: Annotated[Ms, _POLL] = Field(0.1, description="Interval of asking, s.")
    address: Annotated[int, Whole(0, 255)] = Field(0, description="Canoga: address of the card.")
    presence_mask: Annotated[int, Whole(0, 255)] = Field(
        0, description="Canoga: bits of the state byte that mean presence; 0: only counts are believed."
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
