"""Operators' overrides through the running daemon: owner, reason, end, the screen, the disk, the journal."""

import json
from pathlib import Path
from typing import Any

import pytest

from edge.cli import screen
from edge.control_socket.connection import Pending
from edge.control_socket.protocol import Code, Refused, Reply, Request
from edge.daemon.overrides import OverrideKeeper, Tick
from edge.daemon.verbs import table
from edge.model.commands import MOST_OVERRIDES, Command, CommandKind, Override
from edge.model.exchange import Mode
from edge.model.units import PhaseNumber
from edge.status import render
from tests.shell.house import House, house


def ask(h: House, verb: str, why: str = "crash", **options: Any) -> Reply | Refused:  # noqa: ANN401 - what a client may send
    """What the daemon answers to anna."""
    try:
        reply = table(h.loop)[verb].answer(Request(verb, why, "anna", options, 1000))
    except Refused as refused:
        return refused
    return h.hear(reply) if isinstance(reply, Pending) else reply


def line(h: House) -> str:
    said: str = render.status(h.published)["control"]["line"]
    return said


def notes(h: House) -> list[str]:
    return [entry.note for entry in h.loop.tail(1000) if entry.note.startswith("override")]


def test_the_screen_says_who_is_in_control_and_until_when(tmp_path: Path) -> None:
    with house(tmp_path) as h:
        h.to_running()
        assert line(h) == "schedule, free"
        answer = ask(h, "plan", plan=1, for_s=120)
        assert isinstance(answer, dict)
        assert (answer["id"], answer["for_s"]) == (1, 120)
        said = line(h)
        assert said.startswith("operator anna (uid 1000): plan 1 until ")
        assert said.endswith(" — crash")
        assert f"CONTROL   {said}" in screen.lines(render.status(h.published))
        h.run(120)
        assert line(h) == "schedule, free"
        assert notes(h) == [
            "override 1 (plan 1, anna (uid 1000)) stands: crash",
            "override 1 (plan 1, anna (uid 1000)) has expired",
        ]


def test_an_override_is_listed_replaced_and_cancelled_by_name(tmp_path: Path) -> None:
    with house(tmp_path) as h:
        h.to_running()
        ask(h, "plan", plan="free")
        ask(h, "plan", plan=1)
        ask(h, "hold", phases=[2])
        listed = ask(h, "overrides")
        assert isinstance(listed, dict)
        assert [(row["id"], row["what"]) for row in listed["overrides"]] == [(2, "plan 1"), (3, "hold 2")]
        ask(h, "cancel", "over", id=3)
        ask(h, "plan", "over", plan="auto")
        assert line(h) == "schedule, free"
        assert notes(h)[-3:] == [
            "override 3 (hold 2, anna (uid 1000)) stands: crash",
            "override 3 (hold 2, anna (uid 1000)) was cancelled by anna (uid 1000): over",
            "override 2 (plan 1, anna (uid 1000)) was cancelled by anna (uid 1000): over",
        ]
        assert "override 1 (free, anna (uid 1000)) was replaced" in notes(h)


REFUSED = [
    ("plan", {"plan": 9}, "there is no plan 9; name one of 1, or free, or auto"),
    ("plan", {"plan": "auto"}, "no operator has chosen a plan, so there is nothing to go back from"),
    ("plan", {"plan": 1, "for_s": 90_000}, "an override stands for one minute to 24 hours; write --for 30m or --for 2h"),
    ("plan", {"plan": 1, "for_s": "1h"}, "for_s must be a number of seconds, not '1h'"),
    ("hold", {}, "hold needs phases, such as [2, 6]"),
    ("omit", {"phases": [9]}, "there is no phase 9; name one of 2, 4"),
    ("ped_call", {"phases": [2]}, "phase 2 has no walk"),
    ("maximum_2", {}, "no phase of this site states max_green_2"),
    ("cancel", {"id": 5}, "there is no override 5; stopline overrides lists them"),
]  # fmt: skip


@pytest.mark.parametrize(("verb", "options", "sentence"), REFUSED)
def test_what_cannot_be_done_is_refused_in_a_sentence(
    tmp_path: Path, verb: str, options: dict[str, Any], sentence: str
) -> None:
    with house(tmp_path) as h:
        h.to_running()
        answer = ask(h, verb, **options)
        assert isinstance(answer, Refused)
        assert answer.sentence == sentence
        assert answer.code in {Code.USAGE, Code.REFUSED_NOW}


def test_no_more_overrides_stand_than_fit_on_a_screen(tmp_path: Path) -> None:
    with house(tmp_path) as h:
        h.to_running()
        h.loop.desk.overrides.see(
            Tick(0, 0, ()), tuple(Override(Command(CommandKind.HOLD, "a", "b", k), 1) for k in range(MOST_OVERRIDES))
        )
        answer = ask(h, "hold", phases=[2])
        assert isinstance(answer, Refused)
        assert answer.code is Code.REFUSED_NOW


def test_a_placed_call_is_served(tmp_path: Path) -> None:
    with house(tmp_path) as h:
        h.to_running()
        assert isinstance(ask(h, "call", phases=[4]), dict)


def test_overrides_outlive_a_restart_for_as_long_as_was_said(tmp_path: Path) -> None:
    with house(tmp_path) as h:
        h.to_running()
        ask(h, "plan", plan=1, for_s=3_600)
        ask(h, "omit", phases=[4], for_s=300)
        h.run(120)
        clock = h.clock
    again = House(tmp_path, clock=clock)
    clock.now += 240_000  # four minutes without power
    try:
        again.start().run(1)
        assert line(again).startswith("operator anna (uid 1000): plan 1 until ")
        left = render.status(again.published)["control"]["parts"][0]["left_s"]
        assert 3_600 - 370 <= left <= 3_600 - 355
        assert "override 2 (omit, anna (uid 1000)) expired before the restart" in notes(again)
        answer = ask(again, "hold", phases=[2])
        assert isinstance(answer, dict)
        assert answer["id"] == 2
    finally:
        again.close()


def test_a_flash_with_an_end_resumes_by_itself_and_outlives_a_restart(tmp_path: Path) -> None:
    with house(tmp_path) as h:
        h.to_running()
        ask(h, "flash", for_s=120)
        h.run_to(lambda: h.mode is Mode.FLASH)
        assert "flash until" in line(h)
        clock = h.clock
    again = House(tmp_path, clock=clock)
    try:
        again.start().run(30)
        asked = again.published.shell.operator_flash
        assert asked is not None
        assert asked.until_epoch_ms > 0
        again.run(120)
        assert again.mode is Mode.RUN
        assert again.published.shell.operator_flash is None
    finally:
        again.close()


def test_what_is_stored_fits_a_page_whatever_script_it_is_written_in() -> None:
    keeper = OverrideKeeper()
    phases = tuple(PhaseNumber(p) for p in range(1, 17))
    commands = [
        Command(CommandKind.HOLD, "ä" * 90, "🚦" * 400, k + 1_000_000, phases, None, 1) for k in range(MOST_OVERRIDES)
    ]
    keeper.see(Tick(0, 1_785_000_000_000, ()), tuple(Override(c, 86_400_000) for c in commands))
    assert len(json.dumps({"overrides": keeper.stored}, separators=(",", ":"))) < 4_070
    assert [c.kind for c in OverrideKeeper(keeper.stored, 1_785_000_000_000).again()] == [
        CommandKind.HOLD
    ] * MOST_OVERRIDES


def test_a_stored_row_of_another_version_is_left_alone() -> None:
    assert OverrideKeeper([{"kind": "dance", "until": 5}, {"kind": "hold"}]).again() == []
