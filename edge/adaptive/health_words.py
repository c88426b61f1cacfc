"""What is said of a loop that is not believed."""

from dataclasses import dataclass

from edge.adaptive.health_evidence import Evidence, Ill, Kind, strongest
from edge.model.faults import FaultKind
from edge.model.units import Ms


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a loop is not believed, and since when."""

    ill: Ill
    since_ms: Ms
    why: str


SAYS: dict[tuple[Ill, Kind], str] = {
    (Ill.STUCK, Kind.OWN): "it has been occupied ever since the start",
    (Ill.STUCK, Kind.LANE): "the other loop of its lane shows that nobody can be standing there",
    (Ill.STUCK, Kind.NEIGHBOURS): "the lane beside it moved in the same greens",
    (Ill.STUCK, Kind.LAMPS): "nobody has left it through green after green",
    (Ill.STUCK, Kind.SHAPE): "nothing in its approach moved, and traffic that moves makes edges",
    (Ill.DEAD, Kind.OWN): "it has been silent for too long by its own rate, or ever since the start",
    (Ill.DEAD, Kind.LANE): "the other loop of its lane has seen vehicles that it has not",
    (Ill.DEAD, Kind.NEIGHBOURS): "traffic flows in the other lanes",
    (Ill.CHATTER, Kind.OWN): "far more actuations than in its own past",
    (Ill.CHATTER, Kind.LANE): "far more actuations than the other loop of its lane",
    (Ill.CHATTER, Kind.NEIGHBOURS): "far more actuations than the other lanes",
    (Ill.CHATTER, Kind.LAMPS): "vehicles keep coming under red where there is no room",
    (Ill.CHATTER, Kind.SHAPE): "more or shorter actuations than vehicles can make",
    (Ill.INTERMITTENT, Kind.LANE): "it misses vehicles that the other loop of its lane has seen",
    (Ill.INTERMITTENT, Kind.OWN): "it sees far less than in its own past",
    (Ill.INTERMITTENT, Kind.NEIGHBOURS): "another loop of its approach does so too",
    (Ill.INTERMITTENT, Kind.LAMPS): "vehicles that stood on it vanish under red",
}

REPORTED: dict[FaultKind, str] = {
    FaultKind.DETECTOR_NO_ACTIVITY: "no actuation for the site's no-activity time",
    FaultKind.DETECTOR_MAX_PRESENCE: "occupied for the site's max-presence time",
    FaultKind.DETECTOR_ERRATIC: "more actuations than the site's erratic count",
    FaultKind.DETECTOR_STALE: "its device gives no valid reading",
}

MOST_COME_AND_GO = "comes and goes: so do most loops of its approach, and it lies on their cable"
UNPROVED = "not seen alive since the start, nor any other loop of its phase, while traffic flows elsewhere"


def sentence(ill: Ill, evidence: Evidence) -> str:
    """The verdict in words, with the two kinds that say most."""
    first, second = strongest(evidence)
    return f"{ill.value}: {SAYS[ill, first]}; {SAYS[ill, second]}"


def reported(kind: FaultKind) -> str:
    """What the controller's own diagnosis or the device says."""
    return f"{Ill.DEVICE.value}: {REPORTED.get(kind, kind.value)}"
