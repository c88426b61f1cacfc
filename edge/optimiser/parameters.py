"""The parameters of the adaptive layer as this program has them, for the head of a record: every named number of its parts."""

from importlib import import_module
from pkgutil import iter_modules

import edge.adaptive

_OTHERS = ("shadow", "words")
"""Parts that do not decide: what they say is not repeated in a replay."""


def parameters() -> dict[str, float]:
    """`optimiser.HORIZON_S` and so on."""
    found = {}
    for part in sorted(info.name for info in iter_modules(edge.adaptive.__path__)):
        if part.startswith(_OTHERS):
            continue
        module = import_module(f"edge.adaptive.{part}")
        for name, value in sorted(vars(module).items()):
            if name.isupper() and isinstance(value, int | float):
                found[f"{part}.{name}"] = value
    return found
