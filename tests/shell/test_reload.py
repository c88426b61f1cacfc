"""Reload: what is taken over, what is not, and what the street sees of it."""

from collections import deque
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from structlog.testing import capture_logs

from edge.control_socket.connection import Pending
from edge.control_socket.protocol import Code, Refused, Reply
from edge.daemon.site_choice import Judged, SiteRules
from edge.daemon.takeover import NEEDS_RESTART, Reloader, differences
from edge.eventlog.journal import JOURNALS
from edge.model.commands import CommandKind
from edge.model.exchange import Mode, Readback
from edge.model.faults import FaultKind
from edge.model.indications import Indication
from edge.model.site import Site
from edge.model.units import PhaseNumber
from tests.shell.house import FOUR, SITE, TWO, House, house

LONGER = SITE.replace("2: {move: EBT, min_green: 5,", "2: {move: EBT, min_green: 8,")
BAD = SITE.replace("yellow: 4.0", "yellow: 1.0")
OTHER_RINGS = SITE.replace('["2 | 4"]', '["4 | 2"]')


def reload(h: House, text: str | None = None) -> Reply | Refused:
    """Write the file, ask, wait for the answer while the street goes on."""
    if text is not None:
        h.config.write_text(text)
    pending = Pending()
    h.loop.ask_reload(pending)
    return h.hear(pending)


def changed(answer: Reply | Refused) -> list[str]:
    assert isinstance(answer, dict)
    assert answer["sentence"].endswith(".")
    found: list[str] = answer["changed"]
    return found


def test_a_good_file_is_taken_over_through_clearance_and_flash(tmp_path: Path) -> None:
    """No green is cut, flash is shown, and the new timing runs; the file becomes the last good one."""
    with house(tmp_path, journal=True) as h:
        h.to_running().run(6)
        h.pictures.clear()
        assert changed(reload(h, LONGER)) == ["phases"]
        assert h.is_in(Mode.START_UP_FLASH, Mode.FLASH)
        assert h.shown == {TWO: Indication.FLASH_YELLOW, FOUR: Indication.FLASH_RED}
        assert h.pictures[-2][1] == {TWO: Indication.RED, FOUR: Indication.RED}
        h.to_running().run(40)
        assert h.published.site.phases[PhaseNumber(2)].min_green_ms == 8_000
        assert min(h.spells(TWO, Indication.GREEN)[-1:]) >= 8_000
        assert h.faults == {}
    assert (tmp_path / "state/last-good.yaml").read_text() == LONGER
    assert len(JOURNALS.find(path.name for path in (tmp_path / "state/journal").iterdir())) == 2


def test_nothing_changed_is_nothing_done(tmp_path: Path) -> None:
    """Comments alone do not send the street through flash."""
    with house(tmp_path) as h:
        h.to_running()
        assert changed(reload(h, "# approved again\n" + SITE)) == []
        assert h.is_in(Mode.RUN)


def test_a_bad_file_is_refused_with_its_lines_and_the_street_goes_on(tmp_path: Path) -> None:
    """The fault stands until a good file has been read."""
    with house(tmp_path) as h:
        h.to_running()
        refused = reload(h, BAD)
        assert isinstance(refused, Refused)
        assert refused.code is Code.CONFIGURATION
        assert "site.yaml:5:" in refused.sentence
        h.run(1)
        assert "site.yaml:5:" in h.faults[FaultKind.CONFIG_REJECTED].sentence
        assert h.published.shell.degraded
        assert h.is_in(Mode.RUN)
        assert changed(reload(h, SITE)) == []
        h.run(1)
        assert h.faults == {}


def test_what_needs_a_restart_is_named_and_not_taken_over(tmp_path: Path) -> None:
    """Rings, card, channels and devices come in through the door only."""
    with house(tmp_path) as h:
        h.to_running()
        refused = reload(h, OTHER_RINGS)
        assert isinstance(refused, Refused)
        assert refused.code is Code.REFUSED_NOW
        assert refused.sentence.startswith("rings changed")
        assert "systemctl restart stopline" in refused.sentence
        assert h.is_in(Mode.RUN)


@pytest.mark.parametrize(
    ("text", "event", "said"),
    [
        (OTHER_RINGS, "site.refused", "rings changed"),
        (BAD, "site.refused", "site.yaml:5:"),
        (SITE, "site.unchanged", "nothing was changed"),
    ],
)
def test_a_reload_by_signal_says_in_the_log_what_came_of_it(tmp_path: Path, text: str, event: str, said: str) -> None:
    """Nobody waits at the socket, and a fault that stands already is not begun again: the log has every answer."""
    with house(tmp_path) as h:
        h.to_running()
        h.config.write_text(BAD.replace("1.0", "1.1"))
        h.hear(_asked(h))
        h.config.write_text(text)
        with capture_logs() as logged:
            h.hear(_asked(h))
        assert [said in str(line) for line in logged if line["event"] == event] == [True]


def _asked(h: House) -> Pending:
    pending = Pending()
    h.loop.ask_reload(pending)
    return pending


def test_an_operators_flash_stands_over_a_take_over(tmp_path: Path) -> None:
    """The new engine is told of it before its first image."""
    with house(tmp_path) as h:
        h.to_running()
        h.ask(CommandKind.FLASH, "crash")
        h.run_to(lambda: h.is_in(Mode.FLASH))
        assert isinstance(reload(h, LONGER), dict)
        h.run(30)
        assert h.is_in(Mode.START_UP_FLASH)
        h.ask(CommandKind.RESUME)
        h.to_running()


def test_a_stop_beats_a_take_over(tmp_path: Path) -> None:
    """Who waits for the reload is told, and the run ends."""
    with house(tmp_path) as h:
        h.to_running()
        h.config.write_text(LONGER)
        pending = Pending()
        h.loop.ask_reload(pending)
        h.run_to(lambda: h.loop._changing is not None)
        h.loop.ask_stop("SIGTERM", "test")
        while not h.step():
            pass
        assert isinstance(pending.outcome, Refused)
        assert "stopping" in pending.outcome.sentence


def test_a_latch_stands_over_a_take_over(tmp_path: Path) -> None:
    """A reload is no way to clear the monitor."""
    with house(tmp_path) as h:
        h.to_running()
        h.mock("cab").drop()
        h.run_to(lambda: h.is_in(Mode.FLASH))
        h.loop._p.street.tick.monitor.check(h.clock.now, {TWO: Indication.GREEN})
        h.run(1)
        assert FaultKind.MONITOR_TRIPPED in h.faults
        assert isinstance(reload(h, LONGER), dict)
        h.run(30)
        assert FaultKind.MONITOR_TRIPPED in h.faults


def test_the_monitor_is_not_told_of_images_it_never_minted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that confirms eight ticks late reads back old images for a while after a take-over: no trip."""
    with house(tmp_path) as h:
        mock, late = h.mock("cab"), deque[Readback | None](maxlen=8)
        real = mock.verified

        def verified() -> Readback | None:
            late.append(real())
            return late[0]

        monkeypatch.setattr(mock, "verified", verified)
        h.to_running().run(30)
        reload(h, LONGER)
        h.run(60)
        assert h.faults == {}
        assert h.is_in(Mode.RUN)


class Slow:
    """A check that takes its time."""

    def __init__(self, outcomes: list[Callable[[], Site | None]]) -> None:
        self.go = Event()
        self.asked = 0
        self._outcomes = outcomes

    def __call__(self, _: Path) -> "Slow":
        self.asked += 1
        self.go.wait(5)
        self.site = self._outcomes[min(self.asked, len(self._outcomes)) - 1]()
        return self

    source = "text"

    def report(self) -> str:
        return "site.yaml:1:1: no"


def test_two_who_ask_while_a_reading_is_under_way_are_answered_by_the_next(tmp_path: Path) -> None:
    """The file may have changed after the first reading began."""
    slow = Slow([lambda: None])
    reloader = Reloader(tmp_path / "x", SiteRules(slow, lambda _: None))
    with house(tmp_path) as h:
        running = h.loop._p.street.site
    first, second = Pending(), Pending()
    reloader.ask(first)
    assert reloader.poll(running) is None
    reloader.ask(second)
    assert reloader.poll(running) is None
    slow.go.set()
    for pending in (first, second):
        while pending.outcome is None:
            reloader.poll(running)
        assert isinstance(pending.outcome, Refused)
    assert slow.asked == 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_reading_that_breaks_off_is_answered(tmp_path: Path) -> None:
    """A mistake of ours in the check: who waits is told, and the next reading may go better."""

    def broken(_: Path) -> Slow:
        raise SystemExit  # ends a thread without a word

    reloader = Reloader(tmp_path / "x", SiteRules(broken, lambda _: None))
    with house(tmp_path) as h:
        running = h.loop._p.street.site
    pending = Pending()
    reloader.ask(pending)
    while pending.outcome is None:
        reloader.poll(running)
    assert isinstance(pending.outcome, Refused)
    assert pending.outcome.code is Code.INTERNAL


def test_every_field_that_needs_a_restart_is_a_field_of_the_site(tmp_path: Path) -> None:
    """The table cannot outlive a renaming."""
    with house(tmp_path) as h:
        site = h.loop._p.street.site
    for name in NEEDS_RESTART:
        assert hasattr(site, name)
    assert differences(site, site) == []
    assert Judged(site, "", "").site is site


@pytest.mark.parametrize(("old", "new", "names"), [
    ("max_green: 20, yellow: 3.6", "max_green: 25, yellow: 3.6", ["phases"]),
    ("kind: advance", "kind: advance, extend: 1.0", ["detectors"]),
    ("at: 00:00, run: free", "at: 00:00, run: plan 1", ["schedule"]),
    ("cycle: 60, splits: {2: 36", "cycle: 64, splits: {2: 40", ["plans"]),
    ("flash: 3, exit", "flash: 4, exit", ["start_up"]),
    ("Depot Road", "Depot Street", ["name"]),
])  # fmt: skip
def test_what_a_reload_takes_over(tmp_path: Path, old: str, new: str, names: list[str]) -> None:
    """Timing, detectors, schedule, plans, start-up and names."""
    assert old in SITE
    with house(tmp_path) as h:
        h.run(1)
        assert changed(reload(h, SITE.replace(old, new))) == names
