"""Devices and wiring: each line has one speaker, each wire one channel, and no output outlives its master unwatched."""

from itertools import combinations

from edge.config.fields import nearest
from edge.config.problems import Findings, Path
from edge.config.read import Draft
from edge.model.devices import (
    Device,
    MockOptions,
    ModbusOptions,
    ReplayOptions,
    SerialOptions,
    SerialProtocol,
    SerialTransport,
    TcpTransport,
)
from edge.model.modbus_profiles import PROFILES, OnMasterLoss
from edge.model.site import Site
from edge.model.units import ChannelNumber

_LINE_SETTINGS = ("host", "tcp_port", "port", "baud", "parity", "stop_bits", "unit", "address")
_UNSTEADY_PORTS = ("/dev/ttyUSB", "/dev/ttyACM")


def _outputs(site: Site) -> tuple[Device, ...]:
    """The devices that light lamps."""
    names = dict.fromkeys(channel.output for channel in site.channels.values())
    return tuple(site.devices[name] for name in names if name in site.devices)


def real_outputs(site: Site) -> tuple[str, ...]:
    """Names of the devices that light real lamps."""
    return tuple(device.name for device in _outputs(site) if not isinstance(device.options, MockOptions))


def outputs_exist(draft: Draft, findings: Findings) -> None:
    """Every channel is lit by a device that can light lamps."""
    site = draft.site
    for number, channel in site.channels.items():
        path: Path = ("channels", number, "output")
        device = site.devices.get(channel.output)
        if device is None:
            what = f"channel {number} is lit by '{channel.output}', which is no device"
            known = ", ".join(site.devices) or "none yet"
            findings.cross(path, what, f"name one of io: {known}", [("io", channel.output)])
        elif isinstance(device.options, SerialOptions | ReplayOptions):
            what = f"channel {number} is lit by '{channel.output}', which only reads inputs"
            findings.cross(path, what, "name a modbus or mock device")


def no_wire_is_used_twice(draft: Draft, findings: Findings) -> None:
    """Two channels on one wire would show one indication for two movements."""
    seen: dict[tuple[str, int], ChannelNumber] = {}
    for number, channel in draft.site.channels.items():
        for k, wire in enumerate(channel.all_wires):
            here: Path = ("channels", number)
            path: Path = (*here, "wires", k) if k < len(channel.wires) else (*here, "accessible")
            owner = seen.setdefault((channel.output, wire), number)
            if owner != number:
                what = f"output {channel.output} {wire} already drives channel {owner}"
                findings.cross(path, what, "give it a wire of its own", [("channels", number, "wires")])
            elif wire in channel.all_wires[:k]:
                findings.cross(path, f"wire {wire} stands twice in channel {number}", "give each lamp its own wire")


def one_speaker_a_line(draft: Draft, findings: Findings) -> None:
    """Modbus units may share a line, and Canoga cards may: one number each, the same settings. Nothing else may."""
    for a, b in combinations(draft.site.devices.values(), 2):
        clash = _clash(a, b)
        if clash is not None:
            key, what, write = clash
            uses: list[Path] = [("io", device.name, setting) for device in (a, b) for setting in _LINE_SETTINGS]
            findings.cross(("io", b.name, key), what, write, uses)


def _clash(a: Device, b: Device) -> tuple[str, str, str] | None:
    """The setting of `b` that disagrees with `a` because they share a line, what is wrong, and what to write."""
    line_a, line_b = _transport(a), _transport(b)
    if isinstance(line_a, TcpTransport) and isinstance(line_b, TcpTransport):
        same = (line_a.host.lower(), line_a.tcp_port) == (line_b.host.lower(), line_b.tcp_port)
        return _same_unit(a, b, f"{line_b.host}:{line_b.tcp_port}") if same else None
    if not isinstance(line_a, SerialTransport) or not isinstance(line_b, SerialTransport) or line_a.port != line_b.port:
        return None
    if _language(a) is None or _language(a) is not _language(b):
        return "port", f"devices {a.name} and {b.name} are on one port, {line_b.port}", "give each its own port"
    if line_a != line_b:
        return (
            "port",
            f"devices {a.name} and {b.name} share {line_b.port} at different settings",
            "same baud, parity, stop_bits",
        )
    return _same_unit(a, b, line_b.port)


def _language(device: Device) -> object:
    """What a device speaks, if several can share its line; None if it must be alone."""
    options = device.options
    if isinstance(options, SerialOptions):
        return options.protocol if options.protocol is SerialProtocol.CANOGA else None
    return ModbusOptions


def _transport(device: Device) -> TcpTransport | SerialTransport | None:
    options = device.options
    return options.transport if isinstance(options, ModbusOptions | SerialOptions) else None


def _same_unit(a: Device, b: Device, line: str) -> tuple[str, str, str] | None:
    match a.options, b.options:
        case ModbusOptions(unit=one), ModbusOptions(unit=other) if one == other:
            return "unit", f"devices {a.name} and {b.name} are both unit {other} on {line}", "number each unit once"
        case SerialOptions(address=one), SerialOptions(address=other) if one == other:
            return "address", f"devices {a.name} and {b.name} are both card {other} on {line}", "give each its address"
        case _:
            return None


def ports_are_steady(draft: Draft, findings: Findings) -> None:
    """`/dev/ttyUSB0` is another device after the next restart."""
    for name, device in draft.site.devices.items():
        line = _transport(device)
        if isinstance(line, SerialTransport) and line.port.startswith(_UNSTEADY_PORTS):
            what = f"{line.port} may be another device after a restart"
            findings.warn(("io", name, "port"), what, "use the name under /dev/serial/by-id")


def profiles_are_known(draft: Draft, findings: Findings) -> None:
    """Every Modbus device names a profile this version has."""
    for name, device in draft.site.devices.items():
        if isinstance(device.options, ModbusOptions) and device.options.profile not in PROFILES:
            meant = nearest(device.options.profile, tuple(PROFILES))
            write = f"did you mean '{meant}'?" if meant else f"write one of {', '.join(PROFILES)}"
            findings.cross(("io", name, "profile"), f"there is no Modbus profile '{device.options.profile}'", write)


def outputs_fall_without_their_master(draft: Draft, findings: Findings) -> None:
    """A module that keeps its lamps lit when the controller is gone needs an external monitor behind it."""
    for device in _outputs(draft.site):
        options = device.options
        profile = PROFILES.get(options.profile) if isinstance(options, ModbusOptions) else None
        if not isinstance(options, ModbusOptions) or profile is None or options.external_monitor:
            continue
        path: Path = ("io", device.name, "profile")
        uses: list[Path] = [("io", device.name, "external_monitor"), ("channels",)]
        if profile.on_master_loss not in {OnMasterLoss.OFF, OnMasterLoss.SAFE}:
            loss = profile.on_master_loss.name.lower()
            what = f"{device.name} lights lamps, and {profile.title} on loss of its master: {loss}"
            write = "use a module with a watchdog, or state external_monitor: true where one stands behind it"
            findings.cross(path, what, write, uses)
        elif not profile.proves_dead_man:
            what = f"{device.name} lights lamps, and the watchdog of {profile.title} cannot be read back"
            write = (
                "use a module whose watchdog can be read, or state external_monitor: true where one stands behind it"
            )
            findings.cross(path, what, write, uses)


def outputs_state_their_watchdog(draft: Draft, findings: Findings) -> None:
    """A module whose watchdog can be read back is armed only against a stated time."""
    for device in _outputs(draft.site):
        options = device.options
        profile = PROFILES.get(options.profile) if isinstance(options, ModbusOptions) else None
        if isinstance(options, ModbusOptions) and profile and profile.proves_dead_man and options.watchdog_ms is None:
            path: Path = ("io", device.name, "watchdog")
            what = f"{device.name} lights lamps and states no watchdog"
            findings.cross(path, what, "add watchdog: what the module is set to, at most, such as 1.0")


def somebody_confirmed_the_card(draft: Draft, findings: Findings) -> None:
    """Without a name under the card, `check` warns and `run` refuses to drive real outputs."""
    names = real_outputs(draft.site)
    if names and not draft.site.card.confirmed_by.strip():
        what = f"nobody has confirmed the card; run will not drive {', '.join(names)}"
        findings.warn(("conflicts", "confirmed_by"), what, "confirmed_by: who compared it with the cabinet's card")


RULES = (
    outputs_exist,
    no_wire_is_used_twice,
    one_speaker_a_line,
    ports_are_steady,
    profiles_are_known,
    outputs_fall_without_their_master,
    outputs_state_their_watchdog,
    somebody_confirmed_the_card,
)
