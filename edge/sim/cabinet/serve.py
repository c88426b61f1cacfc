"""`stopline cabinet`: simulated traffic behind the real protocols of the site's devices, in real time, for a real daemon."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from edge.clock import monotonic_ms
from edge.model.devices import TcpTransport
from edge.model.indications import Indication
from edge.model.site import Site
from edge.model.units import TICK_MS, ChannelNumber, Ms
from edge.sim.cabinet.bench import BenchError
from edge.sim.cabinet.devices import Devices
from edge.sim.cabinet.lines import Lines
from edge.sim.cabinet.talks import TcpTalk
from edge.sim.faults import FaultyWires
from edge.sim.traffic import PlantInputs

LATE_MS: Ms = 1_000
"""More than this behind the clock and the missed ticks are left out: a computer that slept. Ours."""

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Traffic(Protocol):
    """A plant in real time."""

    def step(self, now: Ms, shown: Mapping[ChannelNumber, Indication]) -> PlantInputs:
        """Move on to `now`."""


@dataclass(frozen=True, slots=True)
class Serving:
    """How a cabinet is served. `listen`: address of its Modbus servers; `over`: whether it is time to end, asked each tick."""

    listen: str | None
    over: Callable[[Ms], bool]
    say: Callable[[str], None]
    wires: FaultyWires


def serve(site: Site, traffic: Traffic, serving: Serving) -> Devices:
    """Serve the devices of `site` until it is over; gives the devices as they were left.

    Raises:
        BenchError: a device cannot be served, or is not on this computer.
        OSError: a port or a link cannot be had.
    """
    began = monotonic_ms()
    devices = Devices(site, began)
    with Lines() as lines:
        for transport, units in devices.sockets().items():
            host = _host(transport, serving.listen)
            lines.listen(host, transport.tcp_port, partial(TcpTalk, units))
            serving.say(f"Modbus TCP   {host}:{transport.tcp_port}   unit {', '.join(map(str, sorted(units)))}")
        for link, talk in devices.lines().items():
            serving.say(f"serial line  {link} → {lines.plug(link, talk)}")
        serving.say("ready")
        _run(devices, traffic, lines, serving)
    return devices


def _host(transport: TcpTransport, listen: str | None) -> str:
    if listen is not None:
        return listen
    if transport.host not in _LOOPBACK:
        what = f"the site's module is at {transport.host}, and a cabinet listens on this computer alone"
        raise BenchError(f"{what} — --bench DIR makes a copy for it, --listen ADDRESS opens it to the network")
    return transport.host


def _run(devices: Devices, traffic: Traffic, lines: Lines, serving: Serving) -> None:
    began = now = monotonic_ms()
    while not serving.over(now - began):
        heard = traffic.step(now, devices.shown(now))
        loops = serving.wires.carry(now - began, heard.detectors)
        devices.sense(now, PlantInputs(loops, heard.buttons, heard.wires))
        lines.speak(now)
        now += TICK_MS
        lines.until(now)
        late = monotonic_ms() - now
        if late > LATE_MS:
            now += late // TICK_MS * TICK_MS
