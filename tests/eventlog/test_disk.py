"""The real disk: it does what the simulated one stands for, and refuses as the troubles say."""

import errno
import os
from pathlib import Path

import pytest

from edge.eventlog.backlog import SYNC_MS, Backlog
from edge.eventlog.disk import SystemDisk, SystemFile
from edge.eventlog.records import Batch, Head
from edge.eventlog.segments import SegmentStore
from edge.eventlog.slots import SlotFile
from edge.eventlog.troubles import refused
from edge.model.site import LogLimits


def test_a_file_keeps_what_was_written_where_it_was_written(tmp_path: Path) -> None:
    disk, path = SystemDisk(), tmp_path / "a" / "b"
    disk.make_directory(path.parent)
    file = disk.open(path)
    file.write_at(0, b"0123456789")
    file.write_at(3, b"xy")
    file.truncate(8)
    file.sync()
    assert file.size() == disk.size(path) == 8
    file.close()
    again = disk.open(path)
    again.write_at(8, b"z")
    again.close()
    disk.sync_directory(path.parent)
    assert disk.read(path) == b"012xy567z"
    assert disk.read_end(path, 3) == b"67z"
    assert disk.read_end(path, 100) == b"012xy567z"
    disk.rename(path, path.with_name("c"))
    assert disk.names(path.parent) == ("c",)
    disk.remove(path.with_name("c"))
    assert disk.names(path.parent) == ()


def test_a_write_that_the_system_cuts_short_is_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, data, at: real(fd, data[:3], at))
    file = SystemDisk().open(tmp_path / "f")
    file.write_at(1, b"0123456789")
    file.close()
    assert (tmp_path / "f").read_bytes() == b"\x000123456789"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_device_is_refused_with_its_errno() -> None:
    file = SystemFile(os.open("/dev/full", os.O_RDWR))
    with pytest.raises(OSError, match="No space left") as caught:
        file.write_at(0, b"x")
    file.close()
    assert caught.value.errno == errno.ENOSPC


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_log_on_a_full_device_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = SystemDisk()
    monkeypatch.setattr(full, "open", lambda _: SystemFile(os.open("/dev/full", os.O_RDWR)))
    monkeypatch.setattr(SystemFile, "truncate", lambda *_: None)
    backlog = Backlog(SegmentStore(tmp_path / "events", Head(1, "UTC", "0"), LogLimits(1, 1), full))
    backlog.add(Batch(0, 0, ()))
    backlog.work(SYNC_MS)
    assert "No space left on device (ENOSPC) — free space on this file system" in (backlog.trouble() or "")
    with pytest.raises(OSError, match="No space left"):
        SlotFile(tmp_path / "state", full).write({})


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_without_rights_says_so(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o500)
    with pytest.raises(PermissionError):
        SlotFile(tmp_path / "state" / "slots").write({})


def test_an_error_without_a_number_is_told_all_the_same() -> None:
    assert refused("The log", Path("/x"), OSError("gone")) == (
        "The log cannot be written: /x: gone (no number) — look at the disk and at the rights on this path"
    )
