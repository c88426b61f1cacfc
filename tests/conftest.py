"""Hypothesis profiles: `ci` repeats itself and does not shrink (a shrink may outlast the run), `dev` explores and shrinks.

`deep` looks long; `quick` explores without shrinking. Choose with HYPOTHESIS_PROFILE.
"""

import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
_QUICK = (Phase.explicit, Phase.reuse, Phase.generate)
settings.register_profile(
    "ci",
    derandomize=True,
    max_examples=25,
    print_blob=True,
    phases=_QUICK,
    **_COMMON,  # type: ignore[arg-type]
)
settings.register_profile("dev", max_examples=25, **_COMMON)  # type: ignore[arg-type]
settings.register_profile("deep", max_examples=500, **_COMMON)  # type: ignore[arg-type]
settings.register_profile("quick", max_examples=25, phases=_QUICK, **_COMMON)  # type: ignore[arg-type]
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

_REALTIME = ("tests/cli/", "tests/field/")
"""Where `make coverage` looks for tests in real time (REALTIME in the Makefile)."""

ROOT = Path(__file__).parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test in real time that nobody would run is refused."""
    for item in items:
        where = item.path.relative_to(ROOT).as_posix()
        if item.get_closest_marker("realtime") and not where.startswith(_REALTIME):
            raise pytest.UsageError(f"{item.nodeid} is in real time: move it to {' or '.join(_REALTIME)}")


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Take the tracer away from a test marked `untraced`. pytest-cov's `no_cover` pauses its own measuring only, and in its
    workers that of the subprocess patch goes on below."""
    if item.get_closest_marker("untraced") is None:
        return (yield)
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracer)
