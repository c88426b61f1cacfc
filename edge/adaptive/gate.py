"""May the adaptive layer act now? Not on switchback days, and not at a time of day for which shadow shows no gain.

The gate stands behind the adviser: what was advised is kept with its reasons, and only what it asks for is taken out, so
that plain actuation goes on by itself and the screen and the record can still say what would have been done.
"""

from dataclasses import replace

from edge.model.advice import NOBODY, Advice


def held_back(advice: Advice, why: str) -> Advice:
    """The same advice without anything that is asked for. It stays healthy: the loops are not to blame."""
    return replace(advice, calls=NOBODY, ped_calls=NOBODY, holds=NOBODY, force_offs=NOBODY, omits=NOBODY, why=why)
