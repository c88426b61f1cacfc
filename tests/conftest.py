"""Hypothesis profiles: `ci` repeats itself and does not shrink (a shrink may outlast the run), `dev` explores and shrinks.

`deep` looks long; `quick` explores without shrinking. Choose with HYPOTHESIS_PROFILE.
"""

import os

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
