"""Modbus devices: every number can be sent, and the lamps on a serial line outlast the silence of whoever shares it."""

import re
from ipaddress import ip_address

from edge.check.words import s
from edge.config.problems import Findings
from edge.config.read import Draft
from edge.model.devices import ModbusOptions, SerialTransport, TcpTransport
from edge.model.modbus_limits import LAST_ADDRESS, MAX_WRITE_COILS, last_input, lost_answer_ms, units_of
from edge.model.site import Site
from edge.model.units import SECOND_MS, Ms

_UNSTATED_WATCHDOG_MS: Ms = SECOND_MS
"""The hold time of a device whose watchdog is not stated."""

_LABEL = re.compile(
    r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
)  # RFC 1123, 2.1, with the underscore people use


def _modbus(site: Site) -> dict[str, ModbusOptions]:
    """The options of every Modbus device by its name."""
    return {name: d.options for name, d in site.devices.items() if isinstance(d.options, ModbusOptions)}


def hosts_can_be_asked(draft: Draft, findings: Findings) -> None:
    """A slip in an address would else show only in the street."""
    for name, options in _modbus(draft.site).items():
        if isinstance(options.transport, TcpTransport) and not _is_host(options.transport.host):
            what = f"'{options.transport.host}' is neither an address nor a name"
            findings.cross(("io", name, "host"), what, "an address such as 192.168.20.10")


def _is_host(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        labels = host.removesuffix(".").split(".")
        return all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdigit()
    return True


def unit_numbers_exist(draft: Draft, findings: Findings) -> None:
    """0 is everybody on a serial line, and 248 and up are reserved there."""
    for name, options in _modbus(draft.site).items():
        units = units_of(options.transport)
        if options.unit not in units:
            what = f"unit {options.unit} cannot be asked on a serial line"
            write = f"{units.start} to {units.stop - 1}"
            findings.cross(("io", name, "unit"), what, write, [("io", name, "port")])


def addresses_exist(draft: Draft, findings: Findings) -> None:
    """Inputs and lamps end within the address space, and one image fits one write."""
    site = draft.site
    for name, options in _modbus(site).items():
        if options.inputs is not None and last_input(options.inputs) > LAST_ADDRESS:
            what = f"the inputs of {name} reach address {last_input(options.inputs)}"
            findings.cross(("io", name, "inputs"), what, f"{LAST_ADDRESS} at most: a lower start, or fewer")
        wires = sorted(w for channel in site.channels.values() if channel.output == name for w in channel.all_wires)
        if wires and options.coils_start + wires[-1] > LAST_ADDRESS:
            what = f"the lamps of {name} reach coil {options.coils_start + wires[-1]}"
            findings.cross(("io", name, "coils_start"), what, f"{LAST_ADDRESS} at most", [("channels",)])
        elif wires and wires[-1] - wires[0] >= MAX_WRITE_COILS:
            what = f"the lamps of {name} span wires {wires[0]} to {wires[-1]}"
            findings.cross(
                ("io", name), what, f"{MAX_WRITE_COILS} wires at most: one write carries no more", [("channels",)]
            )


def lamps_outlast_a_lost_answer(draft: Draft, findings: Findings) -> None:
    """On a serial line one dead unit, or one lost answer, must not take the lamps of another to flash."""
    lamps = {channel.output for channel in draft.site.channels.values()}
    devices = _modbus(draft.site)
    for name, options in devices.items():
        if name not in lamps or not isinstance(options.transport, SerialTransport):
            continue
        sharers = {n: o for n, o in devices.items() if _on_line(o, options.transport)}
        slowest, asked = max(sharers.items(), key=lambda item: item[1].timeout_ms)
        watchdog_ms = options.watchdog_ms or _UNSTATED_WATCHDOG_MS
        if watchdog_ms < lost_answer_ms(asked.timeout_ms):
            what = (
                f"one unanswered question to {slowest} keeps {options.transport.port} from the lamps of {name} for up to "
                f"{s(lost_answer_ms(asked.timeout_ms))} s, and its watchdog is {s(watchdog_ms)} s"
            )
            write = (
                f"a watchdog of {s(lost_answer_ms(asked.timeout_ms))} at least, a shorter timeout, or a line of its own"
            )
            findings.cross(("io", name, "watchdog"), what, write, [("io", n, "timeout") for n in sharers])


def _on_line(options: ModbusOptions, line: SerialTransport) -> bool:
    return isinstance(options.transport, SerialTransport) and options.transport.port == line.port


RULES = (hosts_can_be_asked, unit_numbers_exist, addresses_exist, lamps_outlast_a_lost_answer)
