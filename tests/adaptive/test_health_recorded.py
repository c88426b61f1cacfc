"""The watch of loops before loops of a real street: a quarter of an hour of Oregon's signal 1136, under its own lamps."""

import sys
from importlib import import_module
from pathlib import Path

import pytest

from edge.adaptive.health import LoopWatch
from edge.adaptive.health_evidence import Ill

ROOT = Path(__file__).resolve().parents[2]
LOG = ROOT.parent / "shared" / "data" / "odot-1136-2024-04-15.csv"
LONELY = 23
"""The published list has it in phase 8; the file does not say in which lane, and the pair that is guessed is none."""


@pytest.mark.skipif(not LOG.exists(), reason="the recorded log is lent, not part of the repository")
def test_no_loop_of_a_real_street_is_doubted_whose_lane_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(ROOT / "bench")])
    record = import_module("health").recorded(LOG, seconds=900)
    watch = LoopWatch(record.lanes)
    said = set()
    for seen in record.seconds:
        watch.see(seen)
        said |= {(number, verdict.ill) for number, verdict in watch.verdicts.items()}
    assert said <= {(LONELY, Ill.DEAD)}
