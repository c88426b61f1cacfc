"""The bench copy of a site file: the same intersection, its devices on this computer. Pure: text in, text out.

Modbus modules move to a loopback port each, serial lines to a pseudo-terminal, and what was only a mock becomes a Modbus
module, so that the real daemon drives it through its real drivers. Nothing else of the file changes but who confirmed the card.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import yaml

from edge.model.devices import (
    Device,
    DriverOptions,
    MockOptions,
    ModbusInputs,
    ModbusOptions,
    SerialOptions,
    SerialTransport,
)
from edge.model.site import Site
from edge.model.units import SECOND_MS, Ms

LOOPBACK = "127.0.0.1"
CONFIRMED = "the bench: simulated lamps alone"

_MOCK_LAMPS = "beckhoff-ek9000"
_MOCK_INPUTS = "generic"
_WATCHDOG_S = 0.5
_SEAL = "# stopline cabinet made this copy: "

Row = dict[str, object]


class BenchError(ValueError):
    """A site that cannot be put on the bench: which device, and why."""


def bench_text(text: str, site: Site, lines: Path, free_port: Callable[[], int]) -> str:
    """The bench copy of the site file `text`, which reads as `site`. `lines`: folder of the serial lines' links."""
    rows = _Rows(site, lines, free_port)
    io = json.dumps({name: rows.row(device) for name, device in site.devices.items()}, ensure_ascii=False)
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    changes = [_replaced(text, _value(root, "io"), io)]
    if not site.card.confirmed_by.strip():
        changes.append(_confirmed(text, _value(root, "conflicts")))
    for start, end, new in sorted(changes, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def sealed(text: str) -> str:
    """With a last line that tells later whether somebody has edited it."""
    whole = text if text.endswith("\n") else f"{text}\n"
    return f"{whole}{_SEAL}{_digest(whole)} (once edited, it is not written over)\n"


def is_untouched(text: str) -> bool:
    """Whether it is as `sealed` made it."""
    whole, seal, rest = text.rpartition(_SEAL)
    return bool(seal) and sealed(whole) == f"{whole}{seal}{rest}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class _Rows:
    """The rows of `io:`. Devices that shared a connection or a line share it on the bench."""

    def __init__(self, site: Site, lines: Path, free_port: Callable[[], int]) -> None:
        self._site = site
        self._lines = lines
        self._free_port = free_port
        self._ports: dict[object, int] = {}

    def row(self, device: Device) -> Row:
        """One device."""
        options = device.options
        match options:
            case ModbusOptions():
                return self._modbus(options)
            case SerialOptions():
                return {
                    "driver": "serial",
                    "protocol": options.protocol.value,
                    "address": options.address,
                    "presence_mask": options.presence_mask,
                    **self._line(options.transport),
                    **_paces(options.poll_ms, options.stale_after_ms),
                }
            case MockOptions():
                return self._mock(device.name)
            case _:
                raise BenchError(f"device {device.name} is none that a cabinet can serve: {_kind(options)}")

    def _modbus(self, options: ModbusOptions) -> Row:
        transport = options.transport
        where = self._line(transport) if isinstance(transport, SerialTransport) else self._socket(transport)
        row: Row = {
            "driver": "modbus",
            "profile": options.profile,
            **where,
            "unit": options.unit,
            "timeout": options.timeout_ms / SECOND_MS,
            **_paces(options.poll_ms, options.stale_after_ms),
            "coils_start": options.coils_start,
            "readback": options.readback,
            "external_monitor": options.external_monitor,
        }
        if options.watchdog_ms is not None:
            row["watchdog"] = options.watchdog_ms / SECOND_MS
        return row if options.inputs is None else {**row, "inputs": _inputs(options.inputs)}

    def _mock(self, name: str) -> Row:
        lamps = any(channel.output == name for channel in self._site.channels.values())
        row: Row = {"driver": "modbus", "profile": _MOCK_LAMPS if lamps else _MOCK_INPUTS, **self._socket(name)}
        if lamps:
            row["watchdog"] = _WATCHDOG_S
        terminals = _terminals(self._site, name)
        return {**row, "inputs": {"form": "contacts", "count": max(terminals)}} if terminals else row

    def _socket(self, which: object) -> Row:
        if which not in self._ports:
            self._ports[which] = self._free_port()
        return {"host": LOOPBACK, "tcp_port": self._ports[which]}

    def _line(self, transport: SerialTransport) -> Row:
        link = self._lines / Path(transport.port).name
        return {"port": str(link), "baud": transport.baud, "stop_bits": transport.stop_bits}


def _paces(poll_ms: Ms, stale_after_ms: Ms) -> Row:
    return {"poll": poll_ms / SECOND_MS, "stale_after": stale_after_ms / SECOND_MS}


def _inputs(inputs: ModbusInputs) -> Row:
    return {"form": inputs.form.value, "start": inputs.start, "count": inputs.count}


def _kind(options: DriverOptions) -> str:
    return type(options).__name__.removesuffix("Options").lower()


def _terminals(site: Site, device: str) -> list[int]:
    """The input terminals of a device that the site uses."""
    refs = [d.input for d in site.detectors.values()] + [b.input for b in site.buttons.values()] + list(site.wires)
    used = [ref.terminal for ref in refs if ref.device == device]
    odd = sorted(terminal for terminal in used if not terminal.isdecimal() or not int(terminal))
    if odd:
        raise BenchError(f"terminal {device}.{odd[0]} has no number — a Modbus module's terminals are 1, 2 and so on")
    return [int(terminal) for terminal in used]


# ── places in the text ──────────────────────────────────────────────────────────────────────────

Change = tuple[int, int, str]


def _value(root: yaml.Node | None, key: str) -> yaml.Node:
    if isinstance(root, yaml.MappingNode):
        for name, value in root.value:
            if name.value == key:
                found: yaml.Node = value
                return found
    raise BenchError(f"the site file has no {key}:")


def _replaced(text: str, node: yaml.Node, new: str) -> Change:
    """The whole value; what follows a block, blank lines and all, stays."""
    start, end = node.start_mark.index, node.end_mark.index
    return start, start + len(text[start:end].rstrip()), new


def _confirmed(text: str, node: yaml.Node) -> Change:
    said = json.dumps(CONFIRMED)
    try:
        return _replaced(text, _value(node, "confirmed_by"), said)
    except BenchError:
        start = node.start_mark.index
        if text[start] == "{":
            return start + 1, start + 1, f"confirmed_by: {said}, "
        return start, start, f"confirmed_by: {said}\n{' ' * node.start_mark.column}"
