"""The check as a whole: its report, its files, and that no text whatever makes it stumble."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.check import Checked, check_file, check_text
from edge.check.whole import refusal_to_drive
from edge.model.site import Site
from tests.config.examples import DUAL, EXAMPLES, FIELD, MINIMAL, STAGES, edit

_EVIL = (
    "[", "]", "{", "}", ":", ",", "- ", "? ", "|", ">", "&a ", "*a", "!x ", "'", '"', "\t", "#", "~", "null", "1,5", "-1",
    "0", "17", "1e999", ".nan", ".inf", "0x10", "true", "off", "{}", "[]", "[[1]]", "9" * 25, "\n", "---\n", "<<: ", "a",
    "é", "💥", "\u2028", "\ufeff", "\x00", "\x85", "1: 2\n", "%YAML 1.1\n", "plan 9", "daily", "none", "driver: serial",
    '""', "10:30", "1.25", "[1, 2]", "{1: {2: 3}}",
)  # fmt: skip


def site_of(text: str) -> Site:
    site = check_text(text, "f").site
    assert site is not None
    return site


@st.composite
def mutilated(draw: st.DrawFn) -> str:
    """An example with words replaced, cut, doubled or peppered with what YAML or the reader could stumble over."""
    text = draw(st.sampled_from([MINIMAL, DUAL, FIELD, STAGES]))
    words = list(re.finditer(r"[\w.-]+", text))
    for word in sorted(draw(st.lists(st.sampled_from(words), max_size=5)), key=lambda w: -w.start()):
        text = text[: word.start()] + draw(st.sampled_from(_EVIL)) + text[word.end() :]
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.sampled_from([0, 1, 3, 40, 400])))
        text = text[:start] + draw(st.sampled_from(["", *_EVIL, text[start:end] * 2])) + text[end:]
    return text


def never_stumbles(text: str) -> None:
    checked = check_text(text, "site.yaml")
    assert (checked.site is None) == bool(checked.problems)
    assert checked.ok == (checked.site is not None)
    assert json.loads(json.dumps(checked.as_dict()))["ok"] == checked.ok
    assert checked.report().endswith(checked.summary)
    lines = text.count("\n") + len(re.findall("[\r\x85\u2028\u2029]", text)) + 1
    for problem in checked.problems:
        assert problem.what
        assert problem.write
        assert 1 <= problem.line <= lines + 1
        assert problem.column >= 1


@given(mutilated())
def test_a_mutilated_site_file_is_a_list_of_problems_and_never_a_traceback(text: str) -> None:
    never_stumbles(text)


@given(st.text(max_size=80) | st.text(st.sampled_from("ab12:-[]{},'\"&*!|>#%@ \n\t"), max_size=80))
def test_any_text_is_a_list_of_problems_and_never_a_traceback(text: str) -> None:
    never_stumbles(text)


_SCALARS = (
    st.none() | st.booleans() | st.integers(-5, 300) | st.floats() | st.sampled_from(["", "a", "plan 1", "1 2 | 3"])
)
_TREES = st.recursive(
    _SCALARS,
    lambda kids: (
        st.lists(kids, max_size=3)
        | st.dictionaries(st.integers(-1, 20) | st.sampled_from(["a", "phase"]), kids, max_size=3)
    ),
    max_leaves=8,
)
_SECTIONS = (
    "schema", "intersection", "rings", "options", "phases", "intergreen", "io", "detectors", "ped_buttons",
    "detector_faults", "channels", "conflicts", "plans", "schedule", "exceptions", "fallback", "flash", "overrides",
    "event_log", "adaptive", "overlaps",
)  # fmt: skip


@given(st.sampled_from([MINIMAL, DUAL]), st.sampled_from(_SECTIONS), _TREES)
def test_any_section_may_be_any_shape(text: str, section: str, shape: object) -> None:
    flow = json.dumps(shape).replace("NaN", ".nan").replace("Infinity", ".inf")
    kept = re.sub(rf"(?ms)^{section}:.*?(?=^\S)", "", text)
    never_stumbles(f"{kept}\n{section}: {flow}\n")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_every_shipped_example_is_clean(path: Path) -> None:
    checked = check_file(path)
    assert checked.report() == checked.summary
    assert checked.ok


def test_the_shipped_examples_are_those_the_documents_name() -> None:
    names = {path.stem for path in EXAMPLES}
    assert {"minimal-2phase", "dual-ring-8phase", "european-stages", "field-8phase", "odot-1136"} <= names


def test_a_clean_file_is_one_line() -> None:
    assert check_text(DUAL, "f").report() == "OK 8 phases, 16 detectors, 12 channels, 5 plans; longest stop 27.5 s"
    assert check_text(MINIMAL, "f").summary == "OK 2 phases, 2 detectors, 2 channels, 1 plan; longest stop 15.5 s"


def test_a_report_shows_each_problem_in_its_line_and_counts_them() -> None:
    report = check_text(
        edit(MINIMAL, ("splits: {2: 36, 4: 24}", "splits: {2: 36, 4: 21}"), ("id: 7", "id: x")), "m.yaml"
    ).report()
    lines = report.splitlines()
    assert lines[0].startswith("m.yaml:7:7: intersection.id: 'x' is no number — write a whole number")
    assert lines[1].endswith("│   id: x")
    assert lines[2].endswith("│       ^")
    assert "plan 1: ring 1 splits add up to 57 s, the cycle is 60 s — add 3 s" in lines[3]
    assert lines[-1] == "2 problems; nothing was changed"


def test_a_warning_is_shown_and_does_not_stop_the_site() -> None:
    checked = check_text(edit(MINIMAL, ("days: daily", "days: mon-fri")), "f")
    assert checked.ok
    assert checked.report().startswith("warning: f:")
    assert checked.as_dict()["warnings"]


def test_the_json_says_what_the_report_says() -> None:
    clean, broken = check_text(MINIMAL, "f").as_dict(), check_text("", "f").as_dict()
    assert (clean["v"], clean["ok"], clean["problems"], clean["longest_stop_s"]) == (1, True, [], 15.5)
    assert (broken["ok"], broken["summary"], broken["longest_stop_s"]) == (
        False,
        "1 problem; nothing was changed",
        None,
    )


def refused(checked: Checked) -> str:
    (problem,) = checked.problems
    assert checked.site is None
    return problem.what


def test_a_file_that_is_not_there_is_unreadable(tmp_path: Path) -> None:
    checked = check_file(tmp_path / "none.yaml")
    assert checked.unreadable
    assert refused(checked) == "the file cannot be read: No such file or directory"


def test_a_folder_is_unreadable(tmp_path: Path) -> None:
    assert check_file(tmp_path).unreadable


def test_a_name_that_cannot_be_a_file_is_unreadable() -> None:
    assert check_file("a\x00b").unreadable


def test_bytes_that_are_not_text_are_named_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "junk.yaml"
    path.write_bytes(b"schema: 1\nname: \xff\xfe\x00")
    checked = check_file(path)
    assert not checked.unreadable
    assert refused(checked) == "byte 17 (0xFF) is not UTF-8; this is not a text file"
    assert checked.problems[0].line == 2


def test_a_huge_file_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    path.write_bytes(b"a: 1\n" * 2_000_000)
    assert "a site file has at most 512" in refused(check_file(path))


def test_real_lamps_are_not_driven_until_somebody_confirmed_the_card() -> None:
    nobody = edit(FIELD, ("confirmed_by: R. Osei PE", 'confirmed_by: " "'))
    assert refusal_to_drive(site_of(FIELD)) is None
    assert refusal_to_drive(site_of(MINIMAL)) is None
    assert refusal_to_drive(site_of(nobody)) == (
        "Nobody has confirmed the permissive card, so cab is not driven. Fill conflicts.confirmed_by."
    )


def test_a_computer_without_time_zones_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.check.phases.available_timezones", set)
    text = edit(MINIMAL, ("America/Denver", "Nowhere/Town"))
    (problem,) = check_text(text, "f").problems
    assert problem.write == "install the package tzdata"


@pytest.mark.untraced
@pytest.mark.parametrize("text", [MINIMAL, DUAL, FIELD, STAGES])
def test_whatever_line_is_forgotten_there_is_an_answer(text: str) -> None:
    """A rule that looks up what another rule reports as missing would end in a traceback."""
    lines = text.splitlines(keepends=True)
    for k in range(len(lines)):
        for problem in check_text("".join(lines[:k] + lines[k + 1 :]), "f").problems:
            assert problem.what
            assert problem.write
