"""The one thing a signal sink accepts. Minted in `edge.safety.monitor` and nowhere else (a test looks for it)."""

from collections.abc import Mapping
from dataclasses import dataclass

from edge.model.indications import Indication, Lamps, lamps_of
from edge.model.units import ChannelNumber


@dataclass(frozen=True, slots=True)
class Permitted:
    """A whole lamp image that the monitor has passed. `sequence` rises by one a tick; `lit` is the flasher's half."""

    sequence: int
    shown: Mapping[ChannelNumber, Indication]
    lit: bool

    def lamps(self, channel: ChannelNumber) -> Lamps:
        """The circuits to be lit now on `channel`."""
        return lamps_of(self.shown[channel], lit=self.lit)
