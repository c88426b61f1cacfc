"""The loops of our sites as SUMO detectors, and whatever else is added to what the user loads. Pure: text in, text out.

Every loop is an induction loop with a length, for the exact instants, and a lane area of the same extent beside it, for
vehicles that come onto it from the side. Neither writes a file, and neither changes the traffic.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

from edge.model.sumo import SumoSite
from edge.model.units import DetectorNumber

NEVER_S = 86_400
"""Period of an output that goes nowhere."""

_SHORTER_M = 0.01
"""So much shorter is the induction loop: SUMO adds beginning and length, and the sum must not lie beyond the lane's end."""


@dataclass(frozen=True, slots=True)
class PlacedLoop:
    """One of our loops in SUMO: the name of the induction loop; `area` is that of the lane area."""

    detector: DetectorNumber
    name: str
    lane: str
    from_m: float
    to_m: float

    @property
    def area(self) -> str:
        """Name of the lane area."""
        return f"{self.name}-area"


def placed_loops(sumo: SumoSite, index: int) -> tuple[PlacedLoop, ...]:
    """Every loop of a site, the `index`-th of the run."""
    return tuple(
        PlacedLoop(detector, f"stopline-{index}-{detector}-{k}", loop.lane, loop.from_m, loop.to_m)
        for detector, places in sorted(sumo.loops.items())
        for k, loop in enumerate(places)
    )


def additional_file(loops: Iterable[PlacedLoop], saved_states: Mapping[str, Path]) -> str:
    """The additional file with our loops. `saved_states`: where SUMO itself saves the states of which traffic light."""
    lines = ["<additional>"]
    for loop in loops:
        lane = quoteattr(loop.lane)
        quiet = f'period="{NEVER_S}" file="NUL"'
        begin, end = round(loop.from_m, 2), round(loop.to_m, 2)
        where = f'lane={lane} pos="{begin:.2f}"'
        lines += [
            f'  <inductionLoop id="{loop.name}" {where} length="{end - begin - _SHORTER_M:.2f}" {quiet}/>',
            f'  <laneAreaDetector id="{loop.area}" {where} endPos="{end:.2f}" {quiet}/>',
        ]
    lines += [
        f'  <timedEvent type="SaveTLSStates" source={quoteattr(tls)} dest={quoteattr(str(path))}/>'
        for tls, path in saved_states.items()
    ]
    return "\n".join([*lines, "</additional>", ""])
