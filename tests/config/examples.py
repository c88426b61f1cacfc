"""The shipped site files, and edits of them for tests."""

from pathlib import Path

FOLDER = Path(__file__).parents[2] / "config"
EXAMPLES = tuple(sorted(FOLDER.glob("*.yaml")))

MINIMAL = (FOLDER / "minimal-2phase.yaml").read_text("utf-8")
DUAL = (FOLDER / "dual-ring-8phase.yaml").read_text("utf-8")
FIELD = (FOLDER / "field-8phase.yaml").read_text("utf-8")
OVERLAPS = (FOLDER / "overlaps-8phase.yaml").read_text("utf-8")
STAGES = (FOLDER / "european-stages.yaml").read_text("utf-8")


def edit(text: str, *changes: tuple[str, str]) -> str:
    """`text` with each `(old, new)` replaced once; `old` must be there."""
    for old, new in changes:
        assert old in text, f"{old!r} is not in the example any more"
        text = text.replace(old, new, 1)
    return text
