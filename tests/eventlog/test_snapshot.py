"""Snapshots: the half minute before a flash, whole, in words a person can read."""

import errno
import json
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pytest

from edge.eventlog.snapshot import (
    LENGTH_MS,
    SNAPSHOTS,
    Moment,
    Occasion,
    SnapshotRing,
    SnapshotWriter,
    document,
    dump,
    plain,
)
from edge.model.commands import Command, CommandKind
from edge.model.detectors import InputSample
from edge.model.events import Event, EventCode
from edge.model.exchange import (
    CoreStatus,
    Decision,
    Inputs,
    Interval,
    Mode,
    PedInterval,
    PhaseStatus,
    Readback,
    Rung,
    ShellFault,
)
from edge.model.faults import Fault, FaultKind
from edge.model.indications import Indication, Lamps
from edge.model.phases import Recall
from edge.model.units import ButtonNumber, ChannelNumber, DetectorNumber, Ms, PhaseNumber
from tests.eventlog.simulated_disk import SimulatedDisk, crash_states

HERE = Path("/snapshots")
GREEN = {ChannelNumber(2): Indication.GREEN}
FLASH = {ChannelNumber(2): Indication.FLASH_RED}


@dataclass(frozen=True)
class Image:
    sequence: int
    shown: dict[ChannelNumber, Indication]
    lit: bool = True


def moment(now: Ms, *, occupied: bool = False, mode: Mode = Mode.RUN) -> Moment:
    shown = GREEN if mode is Mode.RUN else FLASH
    trip = Fault(FaultKind.MONITOR_TRIPPED, "conflict 2/4", now)
    inputs = Inputs(
        detectors={DetectorNumber(4): InputSample(occupied, 7 + occupied, now - 40)},
        buttons={ButtonNumber(2): InputSample(occupied=False, count=0, taken_ms=now - 90)},
        readbacks=(Readback(now // 100 - 1, now - 60, {ChannelNumber(2): Lamps.GREEN}),),
    )
    faults = () if mode is Mode.RUN else (trip,)
    decision = Decision(mode, Rung.ACTUATED, GREEN, (Event(EventCode.DETECTOR_ON, 4),) if occupied else (), faults)
    return Moment(now, inputs, decision, Image(now // 100, shown))


def occasion(status: CoreStatus | None = None) -> Occasion:
    return Occasion("the monitor has tripped", 1_713_182_400_000, 1136, "0.1.0", "abc", status)


def test_the_ring_holds_the_last_half_minute_and_no_more() -> None:
    ring = SnapshotRing()
    for k in range(1_000):
        ring.append(*moment(100 * k))
    moments = ring.moments()
    assert moments[-1].now - moments[0].now == LENGTH_MS - 100
    assert moments[-1].now == 99_900


def test_the_first_tick_says_everything_and_the_others_what_has_changed() -> None:
    row = [moment(1_000), moment(1_100), moment(1_200, occupied=True), moment(1_300, occupied=True, mode=Mode.FLASH)]
    first, second, third, fourth = document(occasion(), row)["ticks"]
    assert first == {
        "now": 1_000,
        "sample_age_ms": 90,
        "commands": [],
        "shell_faults": [],
        "readback": [{"behind": 1, "age_ms": 60, "lamps": {"2": 4}}],
        "mode": "run",
        "rung": "actuated",
        "wanted": {"2": "green"},
        "permitted": {"2": "green"},
        "lit": True,
        "faults": [],
        "events": [],
        "detectors": {"4": {"occupied": False, "count": 7, "ok": True}},
        "buttons": {"2": {"occupied": False, "count": 0, "ok": True}},
    }
    assert second == {"now": 1_100}
    assert third == {"now": 1_200, "events": [[82, 4]], "detectors": {"4": {"occupied": True, "count": 8, "ok": True}}}
    assert fourth["mode"] == "flash"
    assert fourth["permitted"] == {"2": "flash_red"}
    assert "wanted" not in fourth
    assert fourth["faults"][0]["sentence"].startswith("The monitor has tripped: conflict 2/4.")


def test_the_head_says_why_when_and_of_what_and_what_every_phase_was_waiting_for() -> None:
    phase = PhaseStatus(
        number=PhaseNumber(2),
        interval=Interval.EXTENSION,
        ped=PedInterval.WALK,
        in_interval_ms=4_100,
        vehicle_call=True,
        ped_call=False,
        recall=Recall.MIN,
        waiting_ms=900,
        gap_left_ms=1_200,
        max_left_ms=None,
        reason="extended by 4",
    )
    status = CoreStatus(1_300, Mode.RUN, Rung.ACTUATED, None, None, (phase,), (), ())
    told = document(occasion(status), [])
    assert (told["v"], told["reason"], told["device"], told["ticks"]) == (1, "the monitor has tripped", 1136, [])
    assert told["status"]["phases"][0] == {
        "number": 2,
        "interval": "extension",
        "ped": "walk",
        "in_interval_ms": 4_100,
        "vehicle_call": True,
        "ped_call": False,
        "recall": "min",
        "waiting_ms": 900,
        "gap_left_ms": 1_200,
        "max_left_ms": None,
        "reason": "extended by 4",
    }


def test_inputs_without_samples_have_no_age() -> None:
    bare = moment(1_000)._replace(
        inputs=Inputs(commands=(Command(CommandKind.FLASH, "ann", "works"),), faults=(_late(),))
    )
    (tick,) = document(occasion(), [bare])["ticks"]
    assert tick["sample_age_ms"] is None
    (told,) = tick["commands"]
    assert (told["kind"], told["who"], told["why"]) == ("flash", "ann", "works")
    assert tick["shell_faults"] == [{"kind": "tick_missed", "where": "310", "detail": ""}]
    assert "detectors" not in tick


def _late() -> ShellFault:
    return ShellFault(FaultKind.TICK_MISSED, "310")


def test_every_value_of_the_model_becomes_json() -> None:
    value = MappingProxyType(
        {PhaseNumber(2): (Lamps.RED | Lamps.GREEN, EventCode.PHASE_ON, Mode.RUN, None, 1.5, "x", True)}
    )
    assert plain(value) == {"2": [5, 0, "run", None, 1.5, "x", True]}
    assert plain(frozenset({3})) == [3]


def test_a_snapshot_is_written_as_json_that_can_be_read(tmp_path: Path) -> None:
    writer = SnapshotWriter(tmp_path / "snapshots")
    writer.submit(occasion(), tuple(moment(100 * k) for k in range(10)))
    assert writer.close(30)
    (path,) = (tmp_path / "snapshots").iterdir()
    assert path == writer.written
    assert path.name == "snapshot-00000001-20240415T120000Z.json"
    assert len(json.loads(path.read_text())["ticks"]) == 10
    assert writer.trouble() is None


def test_the_newest_are_kept() -> None:
    disk = SimulatedDisk()
    for _ in range(6):
        writer = SnapshotWriter(HERE, keep=4, disk=disk)
        writer.submit(occasion(), ())
        assert writer.close(30)
    assert [name.number for name in SNAPSHOTS.find(disk.names(HERE))] == [3, 4, 5, 6]


def test_what_the_disk_refuses_is_said_and_tried_again_and_no_more_than_three_wait() -> None:
    disk = SimulatedDisk()
    disk.refuse = lambda what, _: errno.EROFS if what == "open" else None
    writer = SnapshotWriter(HERE, disk=disk)
    for _ in range(5):
        writer.submit(occasion(), ())
    assert not writer.close(30)
    assert "A snapshot cannot be written: /snapshots: Read-only file system (EROFS) — mount it" in (
        writer.trouble() or ""
    )
    disk.refuse = lambda _what, _path: None
    writer._work()
    assert writer.trouble() is None
    assert len(disk.names(HERE)) == 3


@pytest.mark.parametrize("seed", range(2))
def test_no_power_cut_leaves_half_a_snapshot_under_its_name(seed: int) -> None:
    disk = SimulatedDisk()
    dump(HERE / "a.json", json.dumps({"long": "x" * 3_000}), disk)
    disk.acknowledge(1)
    for crash in crash_states(disk.log, seed):
        names = [name for name in crash.disk.names(HERE) if name.endswith(".json")]
        assert len(names) >= crash.acknowledged, crash.told
        for name in names:
            assert json.loads(crash.disk.read(HERE / name))["long"], crash.told
