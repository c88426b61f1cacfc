"""Which driver opens which device: a literal table, loaded late so that a site pays only for the drivers it uses.

A driver class is named by its kind, the `driver:` key of the site file. It has one constructor of interest here,
`open_all(devices, channels, clock)`, which is handed every device of its kind at once, because devices may have to share
a line: two Modbus RTU units or four loop cards on one serial port are one conversation. Opening touches no hardware;
`start()` does. Kinds of other packages come by the entry-point group `stopline.drivers`, name = kind, value =
`package.module:Class`; their options class says its kind in an attribute `driver_kind`.
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import entry_points
from typing import Protocol, cast

from drivers.base import Clock, DriverUnavailable, OpenDevice
from edge.model.devices import Device, MockOptions, ModbusOptions, ReplayOptions, SerialOptions
from edge.model.site import Channel

__all__ = ["ENTRY_POINTS", "KINDS", "DriverClass", "OpenDevice", "kind_of", "load", "open_device", "open_devices"]

KINDS: dict[str, str] = {
    "mock": "drivers.mock:MockDevice",  # in memory: tests, simulation
    "modbus": "drivers.modbus:ModbusDevice",  # Modbus TCP and RTU modules: inputs, counters, lamps
    "replay": "drivers.replay:ReplayDevice",  # recorded detector events
    "serial": "drivers.serial_device:SerialDevice",  # Canoga loop cards, plain ASCII counters
}
"""Kind → where its class lives."""

OPTION_KINDS: dict[type, str] = {
    MockOptions: "mock",
    ModbusOptions: "modbus",
    ReplayOptions: "replay",
    SerialOptions: "serial",
}
"""Type of a device's options → its kind."""

ENTRY_POINTS = "stopline.drivers"
"""The entry-point group under which other packages offer drivers."""


class DriverClass(Protocol):
    """What a class named in `KINDS` must have."""

    @classmethod
    def open_all(
        cls, devices: Sequence[Device], channels: Mapping[str, tuple[Channel, ...]], clock: Clock
    ) -> dict[str, OpenDevice]:
        """Every device of this kind, by name; `channels`: those wired to each device, absent or empty if there are none.

        Raises DriverOpenError for options that contradict each other; touches no hardware.
        """


def open_devices(
    devices: Sequence[Device], channels: Mapping[str, tuple[Channel, ...]], clock: Clock
) -> dict[str, OpenDevice]:
    """All devices of a site by name, in the order given; devices that name one line share it.

    Raises:
        DriverUnavailable: a kind nobody offers, or a library that is not installed.
        DriverOpenError: options that no retry can mend.
    """
    by_kind: dict[str, list[Device]] = {}
    for device in devices:
        by_kind.setdefault(kind_of(device), []).append(device)
    opened: dict[str, OpenDevice] = {}
    for kind, group in by_kind.items():
        opened |= load(kind).open_all(group, channels, clock)
    return {device.name: opened[device.name] for device in devices}


def open_device(device: Device, channels: tuple[Channel, ...], clock: Clock) -> OpenDevice:
    """One device that shares its line with nobody; raises as `open_devices`."""
    return open_devices([device], {device.name: channels}, clock)[device.name]


def kind_of(device: Device) -> str:
    """The driver kind that a device's options are for. Raises DriverUnavailable if its options name none."""
    options = device.options
    kind = OPTION_KINDS.get(type(options)) or getattr(options, "driver_kind", None)
    if isinstance(kind, str):
        return kind
    raise DriverUnavailable(
        f"device {device.name}: options of type {type(options).__name__} belong to no driver kind; "
        "give the options class an attribute driver_kind"
    )


def load(kind: str) -> DriverClass:
    """The class that opens devices of `kind`. Raises DriverUnavailable with what to write or to install."""
    where = KINDS.get(kind) or _offered().get(kind)
    if where is None:
        raise DriverUnavailable(_unknown(kind))
    module_name, _, class_name = where.partition(":")
    try:
        return cast("DriverClass", getattr(import_module(module_name), class_name))
    except ImportError as error:
        raise DriverUnavailable(_not_installed(kind, module_name, error)) from error
    except AttributeError as error:
        raise DriverUnavailable(f"driver {kind}: {module_name} has no {class_name}; reinstall its package") from error


def _offered() -> dict[str, str]:
    return {point.name: point.value for point in entry_points(group=ENTRY_POINTS)}


def _unknown(kind: str) -> str:
    known = sorted({*KINDS, *_offered()})
    near = get_close_matches(kind, known, n=1)
    hint = f"did you mean {near[0]}?" if near else "write one of: " + ", ".join(known)
    return f"there is no driver {kind!r}; {hint}"


def _not_installed(kind: str, module_name: str, error: ImportError) -> str:
    missing = (error.name or module_name).partition(".")[0]
    return (
        f"driver {kind} needs {missing}, which cannot be imported ({error}); "
        "install it into the same virtual environment, or reinstall stopline with make install"
    )
