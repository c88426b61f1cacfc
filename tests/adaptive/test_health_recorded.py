"""The watch of loops before loops of a real street: a quarter of an hour of Oregon's signal 1136, under its own lamps."""

import sys
from importlib import import_module
from pathlib import Path

import pytest

from edge.adaptive.health import LoopWatch

ROOT = Path(__file__).resolve().parents[2]
LOG = ROOT.parent / "shared" / "data" / "odot-1136-2024-04-15.csv"


@pytest.mark.skipif(not LOG.exists(), reason="the recorded log is lent, not part of the repository")
def test_no_loop_of_a_real_street_is_doubted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(ROOT / "bench")])
    record = import_module("health").recorded(LOG, seconds=900)
    watch = LoopWatch(record.lanes, guessed=record.guessed)
    said: set[int] = set()
    for seen in record.seconds:
        watch.see(seen)
        said |= watch.verdicts.keys()
    assert said == set()
