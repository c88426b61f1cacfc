"""Small pieces of YAML: texts that are safe in quotes, lists and rows in flow style."""

import json
from collections.abc import Iterable, Mapping
from typing import TypeAlias

Piece: TypeAlias = "str | float | bool | Iterable[Piece] | Mapping[str, Piece]"


class Bare(str):
    """A word that needs no quotes: a key word of the site file, or a name of our own making."""

    __slots__ = ()


def flow(value: Piece) -> str:
    """A value in flow style."""
    match value:
        case bool():
            return "true" if value else "false"
        case Bare():
            return value
        case str():
            return json.dumps(value, ensure_ascii=False)
        case int() | float():
            return f"{value:.10g}"
        case Mapping():
            return f"{{{', '.join(f'{key}: {flow(item)}' for key, item in value.items())}}}"
        case _:
            return f"[{', '.join(flow(item) for item in value)}]"


def rows(name: str, table: Mapping[object, Piece]) -> list[str]:
    """A section with one row a line."""
    return ["", f"{name}:", *(f"  {key}: {flow(row)}" for key, row in table.items())] if table else []
