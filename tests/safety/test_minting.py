"""There is one mint, and it stands in the monitor."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def sources() -> Iterator[tuple[str, ast.Module]]:
    for folder in ("edge", "drivers"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def names(tree: ast.AST) -> Iterator[str]:
    """What is called in a tree, by its last name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node.func.id
            elif isinstance(node.func, ast.Attribute):
                yield node.func.attr


@pytest.mark.requirement("SAF-017")
def test_a_permit_is_minted_in_exactly_one_place() -> None:
    mints = [file for file, tree in sources() for name in names(tree) if name == "Permitted"]
    assert mints == ["edge/safety/monitor.py"]


@pytest.mark.requirement("SAF-017")
def test_nobody_gives_the_permit_another_name_or_a_child() -> None:
    for file, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom | ast.Import):
                assert not any(alias.name == "Permitted" and alias.asname for alias in node.names), file
            if isinstance(node, ast.ClassDef):
                assert not any(isinstance(base, ast.Name) and base.id == "Permitted" for base in node.bases), file
            if isinstance(node, ast.Assign):
                assert not (isinstance(node.value, ast.Name) and node.value.id == "Permitted"), file


@pytest.mark.requirement("SAF-018")
def test_the_monitor_imports_the_model_and_nothing_else_of_ours() -> None:
    for file, tree in sources():
        if file.startswith("edge/safety/"):
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom):
                    module = node.module or ""
                    assert not module.startswith(("edge", "drivers")) or module.startswith(
                        ("edge.model", "edge.safety")
                    )
                if isinstance(node, ast.Import):
                    assert not any(alias.name.startswith(("edge", "drivers")) for alias in node.names), file
