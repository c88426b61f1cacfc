"""The parameters of the adaptive layer as this program has them, for the head of a record: every named number of its parts."""

from importlib import import_module

_PARTS = (
    "courses",
    "estimator",
    "health",
    "horizon",
    "learned",
    "moves",
    "optimiser",
    "outflow",
    "service",
    "standing",
)


def parameters() -> dict[str, float]:
    """`horizon.STEP_S` and so on."""
    found = {}
    for part in _PARTS:
        module = import_module(f"edge.adaptive.{part}")
        for name, value in sorted(vars(module).items()):
            if name.isupper() and isinstance(value, int | float):
                found[f"{part}.{name}"] = value
    return found
