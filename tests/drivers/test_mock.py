"""The mock keeps the common contract, and its script, plant and fault switches do what they say."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.mock import MockDevice
from drivers.timeline import InputEdge
from edge.model.devices import Device, DeviceState, MockOptions
from edge.model.indications import Lamps
from edge.model.units import ChannelNumber, Ms
from edge.safety.permitted import Permitted
from tests.drivers.contract import (
    CHANNELS,
    DEVICE,
    EAST,
    NORTH,
    LosableContract,
    ReadbackContract,
    SinkContract,
    SourceContract,
    clock,
    image,
)


class _Recorder:
    """A mock's lamp face that keeps every image the mock has shown."""

    def __init__(self, device: MockDevice) -> None:
        self._device = device
        self.images: list[Permitted] = []
        self.start, self.stop = device.start, device.stop
        self.verified, self.health = device.verified, device.health

    def write(self, permitted: Permitted, hold_ms: Ms) -> None:
        confirmed = self._device.counters["confirmed"]
        self._device.write(permitted, hold_ms)
        if self._device.counters["confirmed"] > confirmed:
            self.images.append(permitted)


class MockBench:
    """A mock, and the hands on it."""

    stale_after_ms = 100
    counts_while_lost = True

    def __init__(self) -> None:
        self.device = MockDevice(Device(DEVICE, MockOptions(stale_after_ms=100)), CHANNELS, clock)
        self._recorder = _Recorder(self.device)
        self.device.set_inputs({"1": (False, 0), "2": (False, 0)})
        self._counts = {"1": 0, "2": 0}

    def source(self) -> MockDevice:
        return self.device

    def sink(self) -> _Recorder:
        return self._recorder

    def vehicles(self, terminal: str, number: int) -> None:
        self._counts[terminal] += number
        self.device.set_inputs({terminal: (False, self._counts[terminal])})

    def near_wrap(self) -> None:
        """A mock's counter does not wrap."""

    def kill(self) -> None:
        self.device.drop()

    def revive(self) -> None:
        self.device.restore()

    def stall(self) -> None:
        self.device.stall()

    resume = revive

    def corrupt(self, channel: ChannelNumber, lamps: Lamps) -> None:
        self.device.corrupt(channel, lamps)

    def shown(self) -> tuple[Mapping[ChannelNumber, Lamps], ...]:
        return tuple({n: permitted.lamps(n) for n in permitted.shown} for permitted in self._recorder.images)


class TestMockKeepsTheContract(SourceContract, LosableContract, SinkContract, ReadbackContract):
    @pytest.fixture
    def bench(self) -> MockBench:
        return MockBench()


class Hands:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000

    def __call__(self) -> Ms:
        return self.now


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def mock(hands: Hands) -> MockDevice:
    device = MockDevice(Device("cab", MockOptions()), CHANNELS, hands)
    device.start()
    return device


def test_inputs_not_named_stay_as_they_are(mock: MockDevice) -> None:
    mock.set_inputs({"1": (True, 1), "p1": (False, 0)})
    mock.set_inputs({"1": (False, 1)})
    assert {name: (s.occupied, s.count) for name, s in mock.latest().items()} == {"1": (False, 1), "p1": (False, 0)}


def test_a_falling_count_is_refused_with_a_sentence(mock: MockDevice) -> None:
    mock.set_inputs({"1": (True, 5)})
    with pytest.raises(ValueError, match="device cab: the count of input 1 may not fall from 5 to 4"):
        mock.set_inputs({"1": (True, 4)})


def test_a_script_plays_by_the_given_clock(mock: MockDevice, hands: Hands) -> None:
    mock.play([InputEdge(0, "1", True), InputEdge(200, "1", False), InputEdge(300, "1", True)])  # noqa: FBT003
    levels = []
    for hands.now in range(1_000, 1_500, 100):
        sample = mock.latest()["1"]
        levels.append((sample.occupied, sample.count, sample.taken_ms))
    assert levels == [(True, 1, 1000), (True, 1, 1100), (False, 1, 1200), (True, 2, 1300), (True, 2, 1400)]


def test_a_second_script_goes_on_counting_where_the_first_ended(mock: MockDevice) -> None:
    for count in (1, 2, 3):
        mock.play([InputEdge(0, "1", True)])  # noqa: FBT003
        assert mock.latest()["1"].count == count


def test_the_image_goes_dark_when_it_is_not_refreshed_within_its_hold_time(mock: MockDevice, hands: Hands) -> None:
    assert mock.image() is None
    mock.write(image(1, NORTH), 500)
    hands.now += 499
    assert mock.image() == image(1, NORTH)
    mock.write(image(2, NORTH), 500)
    hands.now += 499
    assert mock.image() == image(2, NORTH)
    hands.now += 1
    assert mock.image() is None


def test_a_channel_missing_from_the_image_reads_back_dark(mock: MockDevice) -> None:
    mock.write(Permitted(1, {NORTH: image(1, NORTH).shown[NORTH]}, lit=True), 500)
    confirmed = mock.verified()
    assert confirmed is not None
    assert confirmed.lamps == {NORTH: Lamps.GREEN, EAST: Lamps.NONE}


def test_restoring_ends_a_corrupted_read_back(mock: MockDevice) -> None:
    mock.corrupt(EAST, Lamps.GREEN | Lamps.RED)
    mock.write(image(1, NORTH), 500)
    confirmed = mock.verified()
    assert confirmed is not None
    assert confirmed.lamps == {NORTH: Lamps.GREEN, EAST: Lamps.GREEN | Lamps.RED}
    mock.restore().write(image(2, NORTH), 500)
    confirmed = mock.verified()
    assert confirmed is not None
    assert confirmed.lamps == {NORTH: Lamps.GREEN, EAST: Lamps.RED}


def test_a_stall_is_seen_only_in_the_age_while_a_drop_is_said(mock: MockDevice) -> None:
    mock.stall()
    assert mock.health().state is DeviceState.UP
    mock.drop()
    assert mock.health().state is DeviceState.DOWN
    assert "restore()" in mock.health().said


def test_a_mock_without_channels_shows_no_lamp_face(hands: Hands) -> None:
    devices = [Device("loops", MockOptions()), Device("cab", MockOptions())]
    opened = MockDevice.open_all(devices, {"cab": CHANNELS}, hands)
    assert opened["loops"].sink is None
    assert opened["cab"].faces == (opened["cab"].source,) == (opened["cab"].sink,)


@given(st.lists(st.tuples(st.integers(0, 500), st.sampled_from("123"), st.booleans())), st.lists(st.integers(0, 600)))
def test_scripted_counts_are_the_rising_edges_passed_and_never_fall(
    raw: list[tuple[int, str, bool]], looks: list[int]
) -> None:
    hands = Hands()
    device = MockDevice(Device("loops", MockOptions()), (), hands)
    device.start()
    device.play(InputEdge(*edge) for edge in raw)
    ordered = sorted(raw, key=lambda edge: edge[0])
    counted: dict[str, int] = {}
    for look in sorted(looks):
        hands.now = 1_000 + look
        for name, sample in device.latest().items():
            levels = [level for at, terminal, level in ordered if terminal == name and at <= look]
            first = next(level for _, terminal, level in ordered if terminal == name)
            rises = sum(now and not before for before, now in zip([not first, *levels], levels, strict=False))
            assert sample.count == rises
            assert sample.occupied == (levels[-1] if levels else not first)
            assert sample.count >= counted.get(name, 0)
            counted[name] = sample.count
