"""Small phrases that many messages share."""

from collections.abc import Iterable

from edge.model.units import Ms


def s(time: Ms) -> str:
    """4000 ms as `4`, 3600 as `3.6`."""
    return f"{time / 1000:g}"


def listed(numbers: Iterable[int]) -> str:
    """`1, 5 and 6`."""
    words = [str(n) for n in sorted(numbers)]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
