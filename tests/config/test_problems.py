"""How a problem is shown."""

from edge.config.problems import Findings, Marks, Problem, path_text


def test_a_problem_shows_its_line_with_a_caret_under_the_place() -> None:
    problem = Problem("site.yaml", 2, 4, "a.b", "x is wrong", "write y")
    assert problem.render("one\nab: x\nthree").splitlines() == [
        "site.yaml:2:4: a.b: x is wrong — write y",
        "      2 │ ab: x",
        "        │    ^",
    ]


def test_a_long_line_is_cut_around_the_place() -> None:
    source = "k: " + "x" * 200 + "HERE" + "y" * 200
    shown = Problem("f", 1, 204, "k", "w", "do").render(source).splitlines()
    assert shown[2].index("^") == shown[1].index("HERE")
    assert len(shown[1]) < 120


def test_characters_that_cannot_be_shown_are_dots() -> None:
    shown = Problem("f", 1, 1, "k", "w", "do").render("a\tb\x1b[31m").splitlines()[1]
    assert "\x1b" not in shown
    assert shown.endswith("a·b·[31m")


def test_a_place_outside_the_source_shows_the_headline_only() -> None:
    for line in (0, 1, 9):
        assert Problem("f", line, 1, "k", "w", "do").render("\nx") == f"f:{line}:1: k: w — do"


def test_a_problem_is_plain_data_for_json() -> None:
    assert Problem("f", 1, 2, "k", "w", "do").as_dict() == {
        "file": "f",
        "line": 1,
        "column": 2,
        "path": "k",
        "what": "w",
        "write": "do",
    }


def test_the_file_itself_has_a_name_as_path() -> None:
    assert path_text(()) == "(file)"
    assert path_text(("plans", 1, "splits")) == "plans.1.splits"


def test_what_depends_on_a_spoiled_value_is_not_reported_as_well() -> None:
    findings = Findings("f", Marks())
    findings.value(("phases", 4, "yellow"), "bad", "mend")
    findings.cross(("plans", 1), "from yellow", "x", [("phases", 4, "yellow")])
    findings.cross(("phases", 4, "yellow"), "itself", "x")
    findings.cross(("plans", 1), "from the whole row", "x", [("phases", 4)])
    findings.warn(("phases", 4, "yellow", 0), "below it", "x")
    assert [p.what for p in findings.in_order()] == ["bad", "from the whole row"]
    assert findings.warnings_in_order() == ()
