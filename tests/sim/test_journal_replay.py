"""A recorded run repeated bit for bit, and the first difference told where it is not."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from edge.eventlog.journal import JournalError, JournalHead, JournalWriter
from edge.model.adaptive import AdaptiveMode, AdaptiveRules
from edge.model.advice import Advice, Option, Step
from edge.model.commands import Command, CommandKind
from edge.model.exchange import Inputs, ShellFault
from edge.model.faults import FaultKind
from edge.model.site import Site
from edge.model.units import Ms, PhaseNumber
from edge.safety.rules import Latch, Rule
from edge.sim.demand import Demand
from edge.sim.journal_replay import JournalReplayError, replay_journal, site_of_text
from edge.sim.run import later, local_start
from edge.sim.simulate import START_LOCAL_MS
from edge.sim.traffic import Plant
from edge.tick import Tick
from tests.sim.sites import eight_phase

BEGAN: Ms = 987_654
EXAMPLE = Path(__file__).resolve().parents[2] / "config" / "dual-ring-8phase.yaml"
Shell = Callable[[Ms], Inputs]


def eventful(at: Ms) -> Inputs:
    """A shell that has its troubles: an operator flashes and resumes, a device is lost for a while."""
    commands: tuple[Command, ...] = ()
    if at == 60_000:
        commands = (Command(CommandKind.FLASH, "a test", "to see it"),)
    if at == 80_000:
        commands = (Command(CommandKind.RESUME, "a test", "seen"),)
    lost = ShellFault(FaultKind.OUTPUT_UNVERIFIED, "cab")
    return Inputs(commands=commands, faults=(lost,) if 30_000 <= at < 33_000 else ())


def advising(at: Ms) -> Inputs:
    """An adaptive layer that holds 2 and 6, then leaves 4 and 8 out for a while, falls silent, and talks nonsense."""
    if at % 1_000 or 90_000 <= at < 110_000:
        return Inputs()
    made_ms = BEGAN + at + at // 5_000
    major, minor = (frozenset(PhaseNumber(n) for n in pair) for pair in ((2, 6), (4, 8)))
    if at > 140_000:
        return Inputs(advice=Advice(made_ms, holds=major, force_offs=major))
    best = Option((Step((PhaseNumber(2), PhaseNumber(6)), made_ms, made_ms + 9_000),), 12.5)
    return Inputs(advice=Advice(made_ms, holds=major, omits=minor if at > 40_000 else frozenset(), best=best))


def drain(writer: JournalWriter) -> None:
    """Wait for the writer: a simulated run is faster than the street."""
    while writer._queue:
        writer._worker.wake()
        Event().wait(0.005)


def record(
    directory: Path, site: Site, shell: Shell = eventful, latch: Latch | None = None, ticks: int = 1_530
) -> Path:
    """A run of the plant and the shell, as the daemon would journal it."""
    head = JournalHead(site.id, site.timezone, "0.1.0", "hash", "the site", latch.to_dict() if latch else None)
    writer = JournalWriter(directory, head)
    tick, plant, start = Tick(site, latch), Plant(site, Demand.BALANCED, 5), local_start(START_LOCAL_MS, site.timezone)
    shown = dict[int, object]()
    for at in range(0, 100 * ticks, 100):
        now = BEGAN + at + at // 5_000  # a loop that is a little late
        heard = plant.step(now, shown)  # type: ignore[arg-type]
        inputs = replace(shell(at), detectors=heard.detectors, buttons=heard.buttons, local=later(start, at))
        result = tick.advance(now, inputs)
        shown = dict(result.verdict.permitted.shown)  # type: ignore[arg-type]
        writer.submit(now, inputs, result.decision.events, result.verdict.permitted.shown)
        if at % 40_000 == 0:
            drain(writer)
    assert writer.close(30.0)
    assert writer.path is not None
    return writer.path


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal of two and a half minutes with an operator's flash and a lost device."""
    return record(tmp_path_factory.mktemp("journal"), eight_phase())


def test_a_run_is_repeated_bit_for_bit(path: Path) -> None:
    report = replay_journal(path, lambda *_: eight_phase())
    assert report.first_difference is None
    assert report.same
    assert report.ticks == 1_530
    assert report.blocks == 16
    assert report.problem is None
    assert report.simulated_ms == pytest.approx(153_000, abs=200)


@pytest.mark.untraced
def test_a_run_with_advice_is_repeated_bit_for_bit_and_another_without_it_is_not(tmp_path: Path) -> None:
    acting = replace(eight_phase(), adaptive=AdaptiveRules(AdaptiveMode.ACT))
    advised = record(tmp_path, acting, advising)
    assert replay_journal(advised, lambda *_: acting).same
    assert not replay_journal(advised, lambda *_: eight_phase()).same


def test_a_latch_from_the_run_before_is_part_of_what_is_repeated(tmp_path: Path) -> None:
    latch = Latch(Rule.CONFLICT, (), "before the restart")
    latched = record(tmp_path, eight_phase(), latch=latch, ticks=300)
    assert replay_journal(latched, lambda *_: eight_phase()).same


def test_the_first_difference_is_told_with_its_time_and_our_events(path: Path) -> None:
    def other(text: str, file: str) -> Site:
        assert (text, file) == ("the site", f"{path} (site file)")
        site = eight_phase()
        changed = replace(site.phases[PhaseNumber(1)], min_green_ms=6_000)
        return replace(site, phases={**site.phases, PhaseNumber(1): changed})

    report = replay_journal(path, other)
    assert not report.same
    assert report.first_difference is not None
    assert "parts from the recorded run between 9.9 s and 19.9 s after the start" in report.first_difference
    assert "14.0 s phase min complete 5" in report.first_difference
    assert "15.0 s phase min complete 1" in report.first_difference
    assert "detector" not in report.first_difference, "what went in is the same by nature"
    assert report.ticks == 200


def test_a_journal_cut_off_is_repeated_up_to_there(path: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.journal"
    cut.write_bytes(b"\n".join(path.read_bytes().split(b"\n")[:6]) + b"\n")
    report = replay_journal(cut, lambda *_: eight_phase())
    assert report.same
    assert report.ticks == 500
    assert report.problem is not None
    assert "cut off after tick 500" in report.problem


def test_a_journal_without_a_tick_proves_nothing(path: Path, tmp_path: Path) -> None:
    head = tmp_path / "head.journal"
    head.write_bytes(path.read_bytes().split(b"\n")[0] + b"\n")
    report = replay_journal(head, lambda *_: eight_phase(), clock=lambda: 0)
    assert not report.same
    assert report.as_dict()["ticks"] == 0
    assert report.as_dict()["same"] is False


def test_the_site_file_in_the_journal_is_checked_by_this_version(path: Path) -> None:
    site = site_of_text(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name)
    assert len(site.phases) == 8
    with pytest.raises(JournalReplayError, match="this version refuses the site file recorded there"):
        site_of_text("schema: 1\n", "x.journal (site file)")
    with pytest.raises(JournalReplayError, match="refuses the site file"):
        replay_journal(path)


def test_what_is_no_journal_is_refused(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear sir\n", encoding="utf-8")
    with pytest.raises(JournalError, match="no input journal"):
        replay_journal(letter)
