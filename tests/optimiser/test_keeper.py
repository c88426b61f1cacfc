"""Behind the adviser: the gate closes and says so, every second is recorded, and evidence outlives the process."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from edge.adaptive.evidence import Evidence, Quarter
from edge.adaptive.gate import UNANSWERED
from edge.check import check_text
from edge.eventlog.decisions import DecisionReader, runs
from edge.eventlog.frames import frame
from edge.model.adaptive import AdaptiveMode, AdaptiveRules
from edge.model.advice import Advice
from edge.model.exchange import Mode
from edge.model.observation import Observation
from edge.model.plans import LocalTime
from edge.model.site import Site
from edge.model.units import PhaseNumber
from edge.optimiser import evidence_file
from edge.optimiser.evidence_file import FILE, EvidenceFile, newest_hash, timing_hash
from edge.optimiser.keeper import TOO_LATE, Began, Keeper
from edge.optimiser.parameters import parameters
from tests.builders import phase, rings, site

BAD = Quarter(20_458, weekend=False, hour=7, epoch_ms=0, vehicles=100, acted=0.0, done_s=20.0, actuated_s=20.0)
BAD = replace(BAD, fixed_s=30.0, advised_s=21.0, chi2=5.0, freedom=10)
HOLD = frozenset({PhaseNumber(2)})


def crossing(**rules: object) -> Site:
    acting = replace(AdaptiveRules(AdaptiveMode.ACT), **rules)  # type: ignore[arg-type]
    return site(rings("2 | 4"), [phase(2), phase(4)], adaptive=acting, file_hash="abc")


def second(k: int, hour: int = 7) -> tuple[Observation, Advice]:
    local = LocalTime((2026, 1, 5), 0, hour * 3_600_000 + 1_000 * k, 1_767_596_400_000 + 1_000 * k, synced=True)
    seen = Observation(1_000 * k, Mode.RUN, (), local=local, acting=True)
    return seen, Advice(seen.now, holds=HOLD)


def keeper(directory: Path, where: Site, clock_us: Callable[[], int] = lambda: 0) -> Keeper:
    return Keeper(directory, Began(where, "the file", {"a": 1}), lambda: pytest.fail("nothing is judged"), clock_us)


def no_gain(directory: Path) -> None:
    file = EvidenceFile(directory, timing_hash(crossing()))
    for k in range(8):
        file.append(replace(BAD, day=20_458 + k % 2))
    assert not file.trouble


def test_an_open_gate_passes_the_advice_and_all_is_recorded(tmp_path: Path) -> None:
    kept = keeper(tmp_path, crossing())
    seen, advice = second(0)
    assert kept.passes(seen, advice) == advice
    late, _ = second(1)
    assert kept.passes(late, advice, late=True).holds == frozenset()
    kept.passed_over(second(2)[0])
    kept.work()
    kept.close()
    (path,) = runs(tmp_path / "decisions")
    reader = DecisionReader(path)
    assert [d.held for d in reader] == ["", TOO_LATE, UNANSWERED]
    assert (reader.head.site, reader.head.learned, reader.head.site_hash) == ("the file", {"a": 1}, "abc")
    assert reader.head.parameters == parameters()
    assert not kept.due


def test_a_bin_without_a_gain_closes_the_gate_and_it_is_logged_once(tmp_path: Path) -> None:
    no_gain(tmp_path)
    with capture_logs() as logs:
        kept = keeper(tmp_path, crossing())
        for k in range(3):
            assert kept.passes(*second(k)).holds == frozenset()
        assert kept.passes(*second(3, hour=8)).holds == HOLD
        kept.close()
    assert [entry["event"] for entry in logs] == ["gate.closed", "gate.open"]
    assert "no gain" in logs[0]["why"]


def test_acting_unproved_is_logged_with_the_name(tmp_path: Path) -> None:
    no_gain(tmp_path)
    with capture_logs() as logs:
        kept = keeper(tmp_path, crossing(act_unproved="M. Berger"))
        for k in range(3):
            assert kept.passes(*second(k)).holds == HOLD
        kept.close()
    (entry,) = logs
    assert "by M. Berger" in entry["said"]


def test_a_disk_that_refuses_is_said_and_the_advice_passes(tmp_path: Path) -> None:
    (tmp_path / "decisions").write_text("in the way")
    with capture_logs() as logs:
        kept = keeper(tmp_path, crossing())
        for k in range(100):
            assert kept.passes(*second(k)).holds == HOLD
        kept.close()
    assert all("decisions" in str(entry["said"]) for entry in logs)


def test_a_disk_that_takes_the_record_again_is_said_when_the_next_run_begins(tmp_path: Path) -> None:
    with capture_logs() as logs:
        kept = keeper(tmp_path, crossing())
        kept.passes(*second(0))
        kept._record._log.recovered = True
        kept.close()
    assert [entry["said"] for entry in logs] == ["The decision record goes on in a new file: its disk takes it again"]


def test_evidence_outlives_the_process_and_is_that_of_one_site_file(tmp_path: Path) -> None:
    EvidenceFile(tmp_path, "abc").append(BAD)
    EvidenceFile(tmp_path, "def").append(replace(BAD, hour=9))
    assert quarters(EvidenceFile(tmp_path, "abc").read()) == [BAD]
    assert quarters(EvidenceFile(tmp_path, "other").read()) == []
    assert newest_hash(tmp_path) == "def"
    assert newest_hash(tmp_path / "nowhere") == ""


def quarters(evidence: Evidence) -> list[Quarter]:
    return [quarter for which in evidence.bins for quarter in evidence.quarters(which)]


def test_what_was_shown_in_advise_holds_once_act_is_set() -> None:
    """Setting the mode changes the site file; it is not another timing sheet. A longer wait is."""
    act = timing_hash(crossing())
    assert act == timing_hash(crossing(mode=AdaptiveMode.ADVISE))
    assert act == timing_hash(replace(crossing(act_unproved="Anna", switchback_days=True), file_hash="def"))
    assert act != timing_hash(crossing(max_wait_ms=60_000))


@pytest.mark.parametrize("path", sorted(Path("config").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_site_has_a_timing_hash(path: Path) -> None:
    found = check_text(path.read_text(encoding="utf-8"), path.name).site
    assert found is not None
    assert len(timing_hash(found)) == 64


def test_evidence_that_another_version_wrote_is_passed_over(tmp_path: Path) -> None:
    """The process comes up after an update, and after a step back."""
    EvidenceFile(tmp_path, "abc").append(BAD)
    strange = (b'Q abc {"day":1}', b"Q abc no JSON", b"Z", b"\xff a b")
    with (tmp_path / FILE).open("ab") as file:
        file.writelines(frame(payload) for payload in strange)
    assert quarters(EvidenceFile(tmp_path, "abc").read()) == [BAD]
    assert newest_hash(tmp_path) == "abc"


def test_a_torn_end_of_the_evidence_is_written_over(tmp_path: Path) -> None:
    file = EvidenceFile(tmp_path, "abc")
    file.append(BAD)
    with (tmp_path / FILE).open("ab") as out:
        out.write(b"00000000 Q torn")
    file.append(replace(BAD, hour=8))
    assert [q.hour for q in quarters(file.read())] == [7, 8]


def test_a_full_file_is_written_anew_with_what_the_bins_keep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_file, "_MOST_BYTES", 3_000)
    file = EvidenceFile(tmp_path, "abc")
    for k in range(60):
        file.append(replace(BAD, day=20_458 + k))
    assert not file.trouble
    found = quarters(file.read())
    assert found[-1].day == 20_458 + 59
    assert len(found) == 40


def test_evidence_that_cannot_be_written_or_read_is_said(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    file = EvidenceFile(tmp_path, "abc")
    file.append(BAD)
    assert "cannot be written" in file.trouble
    assert quarters(file.read()) == []
    assert "cannot be read" in file.trouble
