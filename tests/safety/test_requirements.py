"""SAFETY.md and the tests say the same."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (SAF-\d{3}) \|", re.MULTILINE)
MARK = re.compile(r'requirement\("(SAF-\d{3})"\)')
NAMED = re.compile(r"`(tests/[\w/]+\.py)`")


def required() -> list[str]:
    return ROW.findall((ROOT / "SAFETY.md").read_text(encoding="utf-8"))


def verified() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for name in MARK.findall(path.read_text(encoding="utf-8")):
            found.setdefault(name, set()).add(path.relative_to(ROOT).as_posix())
    return found


def test_requirements_are_numbered_once_and_in_order() -> None:
    ids = required()
    assert ids == [f"SAF-{number:03}" for number in range(1, len(ids) + 1)]
    assert len(ids) >= 18


def test_every_requirement_is_verified_by_a_test() -> None:
    assert sorted(set(required()) - set(verified())) == []


def test_no_test_verifies_a_requirement_that_is_not_written_down() -> None:
    assert sorted(set(verified()) - set(required())) == []


def test_each_row_names_files_that_verify_it() -> None:
    marks = verified()
    for row in (ROOT / "SAFETY.md").read_text(encoding="utf-8").splitlines():
        if match := ROW.match(row):
            named = set(NAMED.findall(row))
            assert named, row
            assert named <= marks[match.group(1)], row


def test_the_hardware_monitor_is_named_before_the_table() -> None:
    text = (ROOT / "SAFETY.md").read_text(encoding="utf-8")
    assert text.index("does not replace the cabinet's hardware conflict monitor") < text.index("| SAF-001 |")
