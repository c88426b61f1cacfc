"""`replay --decisions`: an adviser that answers as recorded is the same; the first difference is told with what differs."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from edge.adaptive.gate import UNANSWERED, held_back
from edge.check import check_text
from edge.eventlog.decision_blocks import Decided, DecisionHead
from edge.eventlog.decisions import DecisionLog, DecisionsError
from edge.model.advice import Advice, Option
from edge.model.exchange import Mode
from edge.model.observation import Observation
from edge.model.site import Site
from edge.model.units import PhaseNumber
from edge.sim.decision_replay import Ours, difference_of, replay_decisions

HEAD = DecisionHead(7, "Europe/Berlin", "0.1.0", "abc")


class Counts:
    """An adviser with a memory: its answer depends on how often it was asked."""

    def __init__(self, slip: int | None = None) -> None:
        self._asked = 0
        self._slip = slip

    def see(self, seen: Observation) -> None:
        self._asked += 10 + seen.now % 7

    def advise(self, seen: Observation) -> Advice:
        self._asked += 1
        holds = frozenset({PhaseNumber(1 + self._asked % 3)})
        cost = 0.1 * self._asked
        if self._asked == self._slip:
            cost += 1e-12
        return Advice(seen.now, holds=holds, best=Option((), cost), took_us=id(self) % 1000)


def recorded(directory: Path, count: int = 40) -> None:
    log, adviser = DecisionLog(directory, HEAD), Counts()
    for second in range(count):
        seen = Observation(1_000 * second, Mode.RUN, ())
        if second == 9:
            adviser.see(seen)
            log.append(Decided(seen, Advice(seen.now, healthy=False), UNANSWERED))
            continue
        advice = adviser.advise(seen)
        held = "no gain" if second == 7 else ""
        log.append(Decided(seen, held_back(advice, held) if held else advice, held))
    assert log.close()


def make(slip: int | None = None) -> Callable[[DecisionHead], Counts]:
    return lambda _head: Counts(slip)


def test_the_same_adviser_repeats_every_record_of_a_directory(tmp_path: Path) -> None:
    recorded(tmp_path)
    recorded(tmp_path, 5)
    report = replay_decisions(tmp_path, make())
    assert report.same
    assert (report.files, report.seconds) == (2, 45)
    assert report.as_dict()["first_difference"] is None


def test_the_last_bit_of_a_cost_is_a_difference_and_is_told(tmp_path: Path) -> None:
    recorded(tmp_path)
    report = replay_decisions(tmp_path, make(slip=33))
    assert not report.same
    assert report.first_difference is not None
    assert "second 19" in report.first_difference
    assert "best" in report.first_difference
    assert "holds" not in report.first_difference


def test_no_record_proves_nothing(tmp_path: Path) -> None:
    with pytest.raises(DecisionsError, match="no decision record"):
        replay_decisions(tmp_path, make())


def test_a_record_that_was_cut_off_is_repeated_up_to_there_and_said(tmp_path: Path) -> None:
    recorded(tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-40])
    report = replay_decisions(path, make())
    assert report.same
    assert report.seconds == 40
    assert len(report.problems) == 1


SITE = Path("config/minimal-2phase.yaml").read_text("utf-8")


def of_a_site(directory: Path, text: str = SITE, parameters: dict[str, float] | None = None) -> Site:
    """A record of the site file `text`; the site."""
    site = check_text(text, "site").site
    assert site is not None
    head = DecisionHead(site.id, site.timezone, "0.1.0", site.file_hash, text, parameters or {})
    log, adviser = DecisionLog(directory, head), Counts()
    seen = Observation(0, Mode.RUN, ())
    log.append(Decided(seen, adviser.advise(seen)))
    assert log.close()
    return site


def test_a_record_of_another_site_file_is_refused_and_what_differs_is_said(tmp_path: Path) -> None:
    site = of_a_site(tmp_path)
    other = check_text(SITE.replace("min_green: 7", "min_green: 8"), "site").site
    assert other is not None
    assert other.phases != site.phases
    assert replay_decisions(tmp_path, make(), ours=Ours(site)).same
    with pytest.raises(DecisionsError, match=r"another site file; it differs in phases — leave the site file out"):
        replay_decisions(tmp_path, make(), ours=Ours(other))


def test_of_several_records_those_of_another_site_file_are_left_out_and_named(tmp_path: Path) -> None:
    of_a_site(tmp_path, SITE.replace("min_green: 7", "min_green: 8"))
    report = replay_decisions(tmp_path, make(), ours=Ours(of_a_site(tmp_path)))
    assert (report.same, report.files, report.seconds) == (True, 1, 1)
    assert len(report.problems) == 1
    assert "left out: made with another site file; it differs in phases" in report.problems[0]


def test_a_comment_more_makes_no_other_site_file(tmp_path: Path) -> None:
    of_a_site(tmp_path, f"{SITE}# a comment\n")
    site = check_text(SITE, "site").site
    assert replay_decisions(tmp_path, make(), ours=Ours(site)).same


def test_parameters_that_are_not_those_of_the_recording_are_said_beside_the_result(tmp_path: Path) -> None:
    of_a_site(tmp_path, parameters={"optimiser.HORIZON_S": 60, "health.OLD": 1})
    mine = Ours(parameters={"optimiser.HORIZON_S": 90, "health.OLD": 1})
    (said,) = replay_decisions(tmp_path, make(), ours=mine).problems
    assert said.endswith("this program has other parameters: optimiser.HORIZON_S: recorded 60, now 90")
    assert not replay_decisions(tmp_path, make(), ours=Ours(parameters={})).problems


def test_what_an_advice_asks_for_is_taken_out_and_its_reasons_are_kept() -> None:
    advice = replace(Counts().advise(Observation(0, Mode.RUN, ())), omits=frozenset({PhaseNumber(4)}))
    held = held_back(advice, "it is so")
    assert (held.holds, held.omits, held.why, held.healthy) == (frozenset(), frozenset(), "it is so", True)
    assert held.best == advice.best
    assert difference_of(advice, held) is not None
    assert difference_of(advice, replace(advice, took_us=5)) is None
