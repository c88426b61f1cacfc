"""The registry opens what the site file names, and says what to do where it cannot."""

import sys
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest

from drivers import registry
from drivers.base import DriverUnavailable, OpenDevice
from drivers.mock import MockDevice
from edge.model.devices import Device, DriverOptions, MockOptions
from tests.drivers.contract import CHANNELS, clock


@pytest.mark.parametrize("kind", sorted(registry.KINDS))
def test_every_kind_of_the_table_loads_and_opens_devices(kind: str) -> None:
    assert callable(registry.load(kind).open_all)


def test_every_type_of_options_has_a_kind_in_the_table() -> None:
    assert set(registry.OPTION_KINDS) == set(DriverOptions.__args__)
    assert set(registry.OPTION_KINDS.values()) == set(registry.KINDS)


def test_a_device_opens_with_the_faces_it_has() -> None:
    opened = registry.open_device(Device("cab", MockOptions()), CHANNELS, clock)
    assert isinstance(opened.source, MockDevice)
    assert opened.faces == (opened.source,) == (opened.sink,)
    assert registry.open_device(Device("loops", MockOptions()), (), clock).sink is None


def test_the_devices_of_a_site_open_in_their_order() -> None:
    names = ["zeta", "alpha", "mid"]
    opened = registry.open_devices([Device(name, MockOptions()) for name in names], {"mid": CHANNELS}, clock)
    assert list(opened) == names
    assert [device.name for device in opened.values() if device.sink] == ["mid"]


def test_an_unknown_kind_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(DriverUnavailable, match="there is no driver 'modbuss'; did you mean modbus"):
        registry.load("modbuss")
    with pytest.raises(DriverUnavailable, match="write one of: mock, modbus, replay, serial"):
        registry.load("xyz")


def test_a_missing_library_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.KINDS, "gpio", "a_library_nobody_has.lines:Device")
    with pytest.raises(DriverUnavailable, match=r"driver gpio needs a_library_nobody_has.*install it") as refused:
        registry.load("gpio")
    assert isinstance(refused.value.__cause__, ImportError)


def test_a_table_row_that_names_no_class_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.KINDS, "mock", "drivers.mock:NoSuchDevice")
    with pytest.raises(DriverUnavailable, match=r"drivers\.mock has no NoSuchDevice"):
        registry.load("mock")


@dataclass(frozen=True, slots=True)
class _RadarOptions:
    stale_after_ms: int = 1_000
    driver_kind = "radar"


class _RadarDevice(MockDevice):
    pass


def test_a_driver_of_another_package_comes_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    package = ModuleType("radar_package")
    package.RadarDevice = _RadarDevice  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "radar_package", package)
    point = EntryPoint("radar", "radar_package:RadarDevice", registry.ENTRY_POINTS)
    monkeypatch.setattr(registry, "entry_points", lambda *, group: [point] if group == registry.ENTRY_POINTS else [])
    device = Device("mast", _RadarOptions())  # type: ignore[arg-type]
    assert isinstance(registry.open_device(device, (), clock).source, _RadarDevice)


def test_options_without_a_kind_are_refused() -> None:
    device = Device("odd", object())  # type: ignore[arg-type]
    with pytest.raises(DriverUnavailable, match="device odd: options of type object belong to no driver kind"):
        registry.kind_of(device)


def test_two_faces_of_one_device_are_started_once_and_two_objects_twice() -> None:
    one, other = MockDevice(Device("a", MockOptions()), (), clock), MockDevice(Device("a", MockOptions()), (), clock)
    assert OpenDevice("a", one, one).faces == (one,)
    assert OpenDevice("a", one, other).faces == (one, other)
    assert OpenDevice("a", None, other).faces == (other,)
