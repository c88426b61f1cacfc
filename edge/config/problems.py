"""Problems of a site file: where, what is wrong, and what to write instead."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]
"""The keys that lead to a value, from the top of the file."""

_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # what the YAML reader counts as one
_EXCERPT_WIDTH = 96


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in the text; line and column count from 1."""

    line: int
    column: int


TOP = Mark(1, 1)


@dataclass(frozen=True, slots=True)
class Marks:
    """Where every value, and every key, of the file stands."""

    values: dict[Path, Mark] = field(default_factory=dict)
    keys: dict[Path, Mark] = field(default_factory=dict)

    def of_value(self, path: Path) -> Mark:
        """The value at `path`, or the nearest thing around it that the file has."""
        for end in range(len(path), -1, -1):
            found = self.values.get(path[:end])
            if found is not None:
                return found
        return TOP

    def of_key(self, path: Path) -> Mark:
        """The key at the end of `path`, or else its value."""
        return self.keys.get(path) or self.of_value(path)


@lru_cache(maxsize=2)
def lines_of(source: str) -> tuple[str, ...]:
    """The lines of `source` as the YAML reader counts them."""
    return tuple(_LINE_BREAK.split(source))


def path_text(path: Path) -> str:
    """`plans.1.splits`; the file itself where the path is empty."""
    return ".".join(str(part) for part in path) or "(file)"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend. `what` is wrong at `path`, which stands at `line`:`column`; `write` is the smallest change."""

    file: str
    line: int
    column: int
    path: str
    what: str
    write: str

    @property
    def headline(self) -> str:
        """All of it on one line: `file:line:column: path: what — what to write`."""
        return f"{self.file}:{self.line}:{self.column}: {self.path}: {self.what} — {self.write}"

    def render(self, source: str) -> str:
        """The headline, and under it the line of `source` with a caret at the place."""
        lines = lines_of(source)
        if not 1 <= self.line <= len(lines) or not lines[self.line - 1].strip():
            return self.headline
        excerpt, caret = _excerpt(lines[self.line - 1], self.column - 1)
        number = f"{self.line:>7}"
        return f"{self.headline}\n{number} │ {excerpt}\n{' ' * len(number)} │ {' ' * caret}^"

    def as_dict(self) -> dict[str, str | int]:
        """For `--json`."""
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "path": self.path,
            "what": self.what,
            "write": self.write,
        }


def _excerpt(line: str, column: int) -> tuple[str, int]:
    """A window of a long line around `column`, and the column within it."""
    shown = "".join(c if c.isprintable() else "·" for c in line)
    if len(shown) <= _EXCERPT_WIDTH:
        return shown, min(column, len(shown))
    start = max(0, min(column - _EXCERPT_WIDTH // 2, len(shown) - _EXCERPT_WIDTH))
    left = "…" if start else ""
    right = "…" if start + _EXCERPT_WIDTH < len(shown) else ""
    return f"{left}{shown[start : start + _EXCERPT_WIDTH]}{right}", column - start + len(left)


@dataclass(slots=True)
class Findings:
    """Collects problems and warnings of one file.

    A value that could not be read is remembered as spoiled: whatever is computed from it is not reported as well, so
    that one slip is one problem, while everything that did not depend on it is still checked.
    """

    file: str
    marks: Marks
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    spoiled: set[Path] = field(default_factory=set)

    def at(self, mark: Mark, path: Path, what: str, write: str) -> None:
        """A problem at a known place; the value at `path` is spoiled."""
        self.spoiled.add(path)
        self.problems.append(self._problem(mark, path, what, write))

    def value(self, path: Path, what: str, write: str) -> None:
        """The value at `path` cannot be read; it is spoiled."""
        self.at(self.marks.of_value(path), path, what, write)

    def key(self, path: Path, what: str, write: str) -> None:
        """The key at the end of `path` is wrong."""
        self.at(self.marks.of_key(path), path, what, write)

    def cross(self, path: Path, what: str, write: str, uses: Iterable[Path] = ()) -> None:
        """A disagreement between values, unless one of those it `uses` is spoiled."""
        if not self.is_spoiled(path, *uses):
            self.problems.append(self._problem(self.marks.of_value(path), path, what, write))

    def warn(self, path: Path, what: str, write: str) -> None:
        """Legal, but not what an engineer would expect."""
        if not self.is_spoiled(path):
            self.warnings.append(self._problem(self.marks.of_value(path), path, what, write))

    def is_spoiled(self, *paths: Path) -> bool:
        """Whether one of the values, or something around it, could not be read."""
        return any(path[:end] in self.spoiled for path in paths for end in range(len(path) + 1))

    def in_order(self) -> tuple[Problem, ...]:
        """The problems from the top of the file to its end."""
        return tuple(sorted(self.problems, key=_place))

    def warnings_in_order(self) -> tuple[Problem, ...]:
        """The warnings from the top of the file to its end."""
        return tuple(sorted(self.warnings, key=_place))

    def _problem(self, mark: Mark, path: Path, what: str, write: str) -> Problem:
        return Problem(self.file, mark.line, mark.column, path_text(path), what, write)


def _place(problem: Problem) -> tuple[int, int]:
    return problem.line, problem.column
