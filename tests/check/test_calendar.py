"""Day plans, weeks and exceptions that do not fit are refused, each with its place; `stopline schedule` shows them."""

import json
from pathlib import Path

import pytest

from edge.check import check_text
from edge.cli import main
from edge.cli.schedule import run_text
from tests.config.examples import DUAL, FOLDER, edit

OLD = "exceptions:\n  - {date: 2026-12-25, like: sun}\n"
FORMS = "write 2026-12-24, 2026-07-01 to 2026-08-31, 12-25, 4th thu of nov or last mon of may"
ONE = "write like: sun, or day_plan: 2"
NEW = """\
day_plans:
  1: [{at: 00:00, run: free}, {at: "06:30", run: plan 2}]
  2: [{at: 00:00, run: flash}]
weeks:
  - {days: mon-fri, day_plan: 1, from: 05-01, to: 09-30}
exceptions:
  - {date: 2026-12-25, like: sun}
  - {date: 4th thu of nov, day_plan: 2}
"""
GOOD = edit(DUAL, (OLD, NEW))


def said(text: str) -> list[str]:
    return [f"{p.path}: {p.what} — {p.write}" for p in check_text(text, "f").problems]


def test_a_calendar_that_fits_is_accepted() -> None:
    checked = check_text(GOOD, "f")
    assert checked.ok
    assert not checked.warnings


BROKEN = [
    ("run: plan 2}]", "run: plan 9}]", "day_plans.1.1.run: there is no plan 9 — name one of plans: 1, 2, 3, 4, 5"),
    ("[{at: 00:00, run: flash}]", "[]", "day_plans.2: day plan 2 has no action — write - {at: 00:00, run: free}"),
    (
        '{at: "06:30"',
        "{at: 00:00",
        "day_plans.1.1: action 2 begins at 00:00, as action 1 does — keep one of them, or change the time",
    ),
    ("mon-fri, day_plan: 1", "mon-fri, day_plan: 7", "weeks.0.day_plan: there is no day plan 7 — name one of day_plans: 1, 2"),
    ("nov, day_plan: 2", "nov, day_plan: 7", "exceptions.1.day_plan: there is no day plan 7 — name one of day_plans: 1, 2"),
    ("like: sun}", "like: sun, day_plan: 2}", f"exceptions.0: exception 1 has both like and day_plan — {ONE}"),
    (", like: sun}", "}", f"exceptions.0: exception 1 has neither like nor day_plan — {ONE}"),
    ("2026-12-25, like", "4th thu of nov, like", "exceptions.1.date: the same days already is exception 1 — keep one of them"),
    ("from: 05-01", "from: 02-30", "weeks.0.from: 02-30 is not in the calendar — write a day that exists"),
    ("from: 05-01", "from: May", "weeks.0.from: 'May' is no day of the year — write MM-DD, such as 05-01"),
    (
        "date: 4th thu of nov",
        "date: fourth thursday",
        f"exceptions.1.date: 'fourth thursday' is no date — {FORMS}",
    ),
    (
        "date: 4th thu of nov",
        "date: 2026-07-02 to 2026-07-01",
        "exceptions.1.date: '2026-07-02 to 2026-07-01' ends before it begins — write 2026-07-01 to 2026-07-02",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "sentence"), BROKEN)
def test_each_slip_is_one_problem_with_what_to_write(old: str, new: str, sentence: str) -> None:
    assert said(edit(GOOD, (old, new))) == [sentence]


def test_an_idle_day_plan_and_a_maximum_that_nobody_states_are_warnings() -> None:
    text = edit(GOOD, ("  - {date: 4th thu of nov, day_plan: 2}\n", ""), ("run: plan 2}]", "run: plan 2, maximum: 2}]"))
    checked = check_text(text, "f")
    assert checked.ok
    assert [w.path for w in checked.warnings] == ["day_plans.1.1.maximum", "day_plans.2"]


def test_the_command_prints_what_runs_on_a_day(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "site.yaml"
    file.write_text(GOOD)
    assert main(["schedule", str(file), "--date", "2026-06-01"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["  00:00  free", "  06:30  plan 2 Avenue"]
    assert main(["schedule", str(file), "--date", "2026-11-26", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["weekday"], told["chosen_by"]) == ("thu", "exception 2, day plan 2")
    assert [row["run"] for row in told["runs"]] == ["flash"]
    assert main(["schedule", str(file), "--date", "2026-11-01"]) == 0
    assert "the clock goes back by 1 h on this day" in capsys.readouterr().out
    assert main(["schedule", str(file)]) == 0


def test_the_command_refuses_what_it_cannot_show(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schedule", str(FOLDER / "minimal-2phase.yaml"), "--date", "tomorrow"]) == 64
    assert main(["schedule", str(tmp_path / "none.yaml")]) == 66
    (tmp_path / "bad.yaml").write_text("schema: 2")
    assert main(["schedule", str(tmp_path / "bad.yaml")]) == 78
    assert "nothing was changed" in capsys.readouterr().err


def test_runs_are_named_as_the_site_file_names_them() -> None:
    site = check_text(DUAL, "f").site
    assert site is not None
    assert [run_text(entry.run) for entry in site.schedule] == ["free"]
