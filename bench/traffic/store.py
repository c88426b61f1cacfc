"""Results on disk: one JSON line a run. A second start skips what is there, so a benchmark may be stopped at any time."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def name_of(key: Mapping[str, Any]) -> str:
    """A key as text, the same whatever its order."""
    return json.dumps(key, sort_keys=True)


class Store:
    """A file of lines `{"key": …, "result": …}`. A line that was cut off by a stop is left out."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._found = {name_of(row["key"]): row["result"] for row in _rows(path)}

    def get(self, key: Mapping[str, Any]) -> dict[str, Any] | None:
        """The result of a run, None if it has not been done."""
        return self._found.get(name_of(key))

    def put(self, key: Mapping[str, Any], result: dict[str, Any]) -> None:
        """Keep a result."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        torn = self.path.exists() and not self.path.read_bytes().endswith(b"\n") and self.path.stat().st_size > 0
        with self.path.open("a", encoding="utf-8") as file:
            file.write(("\n" if torn else "") + json.dumps({"key": dict(key), "result": result}, sort_keys=True) + "\n")
        self._found[name_of(key)] = result


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        return
    for line in path.read_text("utf-8").splitlines():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(row, dict) and {"key", "result"} <= row.keys():
            yield row
