"""The plant wired to mock devices, as the daemon runs it in real time."""

from dataclasses import replace

import pytest

from drivers.base import OpenDevice
from drivers.mock import MockDevice
from drivers.registry import open_devices
from edge.model.detectors import InputRef, InputSample
from edge.model.devices import Device, ModbusOptions, TcpTransport
from edge.model.exchange import Inputs
from edge.model.external import Does, ExternalInput
from edge.model.indications import Indication
from edge.model.site import Site
from edge.model.units import ButtonNumber, ChannelNumber, DetectorNumber, Ms, PhaseNumber
from edge.sim.demand import Demand
from edge.sim.feed import PlantFeed, as_simulated, mocks_of
from edge.sim.traffic import Plant
from edge.tick import Tick
from tests.sim.sites import eight_phase


class Cabinet:
    """Mock devices of a site with a clock that stands still until told."""

    def __init__(self, site: Site) -> None:
        self.now: Ms = 0
        wired = {name: tuple(c for c in site.channels.values() if c.output == name) for name in site.devices}
        self.opened = open_devices(list(site.devices.values()), wired, lambda: self.now)
        for device in self.opened.values():
            for face in (device.source, device.sink):
                if face is not None:
                    face.start()

    def source(self, name: str) -> dict[str, InputSample]:
        face = self.opened[name].source
        assert face is not None
        return dict(face.latest())


def run_daemon(site: Site, cabinet: Cabinet, feed: PlantFeed, until: Ms, begin: Ms = 0) -> None:
    """The way round the ring: feed → sources → tick → sink."""
    tick = Tick(site)
    for now in range(begin, until, 100):
        cabinet.now = now
        feed.step(now)
        loops, cab = cabinet.source("loops"), cabinet.source("cab")
        detectors = {n: loops[d.input.terminal] for n, d in site.detectors.items()}
        buttons = {n: cab[b.input.terminal] for n, b in site.buttons.items()}
        permitted = tick.advance(now, Inputs(detectors, buttons)).verdict.permitted
        sink = cabinet.opened["cab"].sink
        assert sink is not None
        sink.write(permitted, 500)


@pytest.mark.untraced
def test_the_daemons_ring_through_mock_devices_serves_the_traffic_as_simulate_does() -> None:
    site = eight_phase()
    cabinet = Cabinet(site)
    feed = PlantFeed(site, Plant(site, Demand.BALANCED, 1), mocks_of(cabinet.opened.values()))
    run_daemon(site, cabinet, feed, 240_000)
    direct, tick, shown = Plant(site, Demand.BALANCED, 1), Tick(site), dict[ChannelNumber, Indication]()
    for now in range(0, 240_000, 100):
        heard = direct.step(now, shown)
        shown = dict(tick.advance(now, Inputs(heard.detectors, heard.buttons)).verdict.permitted.shown)
    assert feed.plant.report() == direct.report()
    assert feed.plant.report().total.served > 50


def test_levels_and_counts_reach_the_terminals_they_are_wired_to() -> None:
    site = eight_phase()
    cabinet = Cabinet(site)
    plant = Plant(site, Demand.BALANCED, 1)
    feed = PlantFeed(site, plant, mocks_of(cabinet.opened.values()))
    run_daemon(site, cabinet, feed, 120_000)
    heard = plant.step(119_900, {})
    for number in (DetectorNumber(12), DetectorNumber(1), DetectorNumber(58)):
        sample = cabinet.source("loops")[site.detectors[number].input.terminal]
        assert (sample.occupied, sample.count) == (heard.detectors[number].occupied, heard.detectors[number].count)
    press = cabinet.source("cab")["in2"]
    assert (press.occupied, press.count) == (
        heard.buttons[ButtonNumber(2)].occupied,
        heard.buttons[ButtonNumber(2)].count,
    )


@pytest.mark.untraced
def test_lamps_that_the_dead_man_has_put_out_stop_the_traffic() -> None:
    site = eight_phase()
    cabinet = Cabinet(site)
    feed = PlantFeed(site, Plant(site, Demand.BALANCED, 1), mocks_of(cabinet.opened.values()))
    run_daemon(site, cabinet, feed, 120_000)
    for now in range(120_000, 140_000, 100):
        cabinet.now = now
        feed.step(now)
    served = feed.plant.report().total.served
    for now in range(140_000, 200_000, 100):
        cabinet.now = now
        feed.step(now)
    assert feed.plant.report().total.served == served > 0


def test_any_site_can_be_simulated_with_its_own_names_and_ages() -> None:
    site = eight_phase()
    modbus = Device("cab", ModbusOptions(TcpTransport("192.0.2.1"), 1, "generic", 100, 200, 1_700))
    simulated = as_simulated(replace(site, devices={**site.devices, "cab": modbus}))
    assert {name: device.options.stale_after_ms for name, device in simulated.devices.items()} == {
        "loops": 1_000,
        "cab": 1_700,
    }
    assert set(mocks_of(Cabinet(simulated).opened.values())) == {"loops", "cab"}


def test_a_device_that_is_no_mock_is_refused_by_name() -> None:
    site = eight_phase()
    mocks = mocks_of(
        [OpenDevice("loops", MockDevice(site.devices["loops"], (), lambda: 0), None), OpenDevice("cab", None, None)]
    )
    with pytest.raises(ValueError, match="cannot be wired to cab — open every device as a mock one"):
        PlantFeed(site, Plant(site, Demand.LIGHT, 1), mocks)


def test_a_wire_that_asks_while_it_is_open_is_closed_in_the_simulated_street() -> None:
    omit = ExternalInput(1, InputRef("loops", "90"), Does.OMIT, frozenset({PhaseNumber(4)}), invert=True)
    hold = ExternalInput(2, InputRef("loops", "91"), Does.HOLD, frozenset({PhaseNumber(2)}))
    site = replace(eight_phase(), inputs=(omit, hold))
    cabinet = Cabinet(site)
    PlantFeed(site, Plant(site, Demand.LIGHT, 1), mocks_of(cabinet.opened.values())).step(0)
    heard = cabinet.source("loops")
    assert (heard["90"].occupied, heard["91"].occupied) == (True, False)
