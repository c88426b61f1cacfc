"""The safe image: what `systemd/outputs-safe` writes to the output devices when the controller is gone.

The two share this file format and no code, so that no fault of the controller takes its stand-in along. The format is
told at the top of `systemd/outputs-safe`; tests/units reads what is written here with that program.
"""

import os
import zlib
from collections.abc import Callable
from pathlib import Path

from drivers.modbus_codec import Wiring, wiring_of
from edge.model.devices import ModbusOptions, Parity, TcpTransport
from edge.model.indications import ChannelKind, Indication, Lamps, lamps_of
from edge.model.site import Channel, Site
from edge.model.units import ChannelNumber

HEAD = "stopline-safe-image 1"
"""Kind and version. A reader refuses any other: raise the number with every change of the format."""

_PARITY = {Parity.NONE: "N", Parity.EVEN: "E", Parity.ODD: "O"}
_STOPPED = {
    ChannelKind.VEHICLE: Indication.RED,
    ChannelKind.PEDESTRIAN: Indication.DONT_WALK,
    ChannelKind.ARROW: Indication.RED,
}


def render(site: Site) -> str:
    """The safe image of a site as text: all red with don't walk, and the two halves of its flash, for each Modbus output.

    Outputs of other drivers have no line; a site without Modbus outputs gives a file without devices.

    Raises:
        ValueError: an address that does not fit on a line.
    """
    lines = [HEAD]
    for name, device in sorted(site.devices.items()):
        channels = [channel for channel in site.channels.values() if channel.output == name]
        if channels and isinstance(device.options, ModbusOptions):
            lines.append(_line(device.options, channels))
    body = "".join(f"{line}\n" for line in lines)
    return f"{body}end {zlib.crc32(body.encode()):08x}\n"


def write(path: Path, text: str) -> None:
    """Put `text` at `path` so that a power cut leaves the old file or the new one; an equal file is left alone.

    It waits for the disk: call it before the loop starts or from a worker, never in a tick.

    Raises:
        OSError: the folder is missing, full or not writable.
    """
    if path.exists() and path.read_bytes() == text.encode():
        return
    new = path.with_name(f"{path.name}.new")
    with new.open("wb") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)  # without it the last update was lost in every power cut of a test on ext4
    finally:
        os.close(folder)


def _line(options: ModbusOptions, channels: list[Channel]) -> str:
    wiring = wiring_of(channels)
    by_number = {channel.number: channel for channel in channels}
    images = (
        _image(wiring, lambda number: lamps_of(_STOPPED[by_number[number].kind], lit=True)),
        _image(wiring, lambda number: lamps_of(by_number[number].flash, lit=True)),
        _image(wiring, lambda number: lamps_of(by_number[number].flash, lit=False)),
    )
    kind, address = _address(options)
    if not address.isprintable():
        raise ValueError(f"the address {address!r} cannot be written into the safe image: use printable characters")
    start, count = options.coils_start + wiring.first, len(wiring.lamps)
    return f"{kind} {options.unit} {start} {count} {' '.join(image.hex() for image in images)} {address}"


def _address(options: ModbusOptions) -> tuple[str, str]:
    to = options.transport
    if isinstance(to, TcpTransport):
        return "tcp", f"{to.tcp_port} {to.host}"
    return "rtu", f"{to.baud} {_PARITY[to.parity]} {to.stop_bits} {to.port}"


def _image(wiring: Wiring, shown: Callable[[ChannelNumber], Lamps]) -> bytes:
    """Coils as function 15 carries them: the first coil in the lowest bit of the first byte."""
    bits = sum(1 << bit for bit, wired in enumerate(wiring.lamps) if wired is not None and shown(wired[0]) & wired[1])
    return bits.to_bytes((len(wiring.lamps) + 7) // 8, "little")
