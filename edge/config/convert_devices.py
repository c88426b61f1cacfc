"""Rows of `io:` to the frozen options of each driver kind."""

from typing import assert_never

from edge.config.device_rows import MockRow, ModbusRow, ReplayRow, SerialRow
from edge.config.problems import Findings
from edge.model.devices import (
    Device,
    DriverOptions,
    MockOptions,
    ModbusInputs,
    ModbusOptions,
    Parity,
    ReplayOptions,
    SerialOptions,
    SerialTransport,
    TcpTransport,
)

_TCP_PORT = 502  # IANA
_BAUD = 9_600
_OF_RTU = ("baud", "parity", "stop_bits")


def device_of(name: str, row: ModbusRow | SerialRow | MockRow | ReplayRow, findings: Findings) -> Device:
    """One device; a transport that does not fit together is reported."""
    return Device(name, _options(name, row, findings))


def _options(name: str, row: ModbusRow | SerialRow | MockRow | ReplayRow, findings: Findings) -> DriverOptions:
    match row:
        case ModbusRow():
            return _modbus(name, row, findings)
        case SerialRow():
            transport = SerialTransport(row.port, row.baud, row.parity, row.stop_bits)
            return SerialOptions(transport, row.protocol, row.poll, row.stale_after, row.address, row.presence_mask)
        case MockRow():
            return MockOptions(row.stale_after)
        case ReplayRow():
            return ReplayOptions(row.log, row.stale_after)
        case _:
            assert_never(row)


def _modbus(name: str, row: ModbusRow, findings: Findings) -> ModbusOptions:
    inputs = row.inputs
    return ModbusOptions(
        transport=_transport(name, row, findings),
        unit=row.unit,
        profile=row.profile,
        poll_ms=row.poll,
        timeout_ms=row.timeout,
        stale_after_ms=row.stale_after,
        inputs=None if inputs is None else ModbusInputs(inputs.form, inputs.start, inputs.count),
        coils_start=row.coils_start,
        watchdog_ms=row.watchdog,
        readback=row.readback,
        external_monitor=row.external_monitor,
    )


def _transport(name: str, row: ModbusRow, findings: Findings) -> TcpTransport | SerialTransport:
    here = ("io", name)
    if (row.host is None) == (row.port is None):
        given = "both host and port" if row.host is not None else "neither host nor port"
        if not findings.is_spoiled((*here, "host"), (*here, "port")):
            findings.value(here, f"device {name} has {given}", "write host: for Modbus TCP, or port: for Modbus RTU")
        findings.spoiled.add(here)
    if row.host is not None:
        for key in _OF_RTU:
            if getattr(row, key) is not None:
                findings.value((*here, key), f"'{key}' belongs to a serial port; {name} has a host", f"remove {key}")
        return TcpTransport(row.host, row.tcp_port or _TCP_PORT)
    if row.tcp_port is not None:
        what = f"'tcp_port' belongs to a host; {name} has a serial port"
        findings.value((*here, "tcp_port"), what, "remove tcp_port")
    return SerialTransport(row.port or "", row.baud or _BAUD, row.parity or Parity.NONE, row.stop_bits or 1)
