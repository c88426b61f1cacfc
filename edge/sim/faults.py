"""Faults of loops, put between the plant and the engine: what a broken loop, cable or card would say instead of the truth.

The engine is not told; its own diagnosis has to find out. Nothing is random, so that one seed still means one result.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from edge.model.detectors import InputSample
from edge.model.site import Site
from edge.model.units import SECOND_MS, DetectorNumber, Ms


class FaultShape(Enum):
    """What a bad loop says."""

    STUCK = "stuck"  # occupied for ever
    DEAD = "dead"  # never occupied
    CHATTER = "chatter"  # on and off, whoever is there
    INTERMITTENT = "intermittent"  # dead and well by turns


CHATTER_HALF_MS: Ms = 200
"""On for so long, off for so long: 150 actuations a minute, as a loose splice gives them. Ours: each half is two ticks."""

INTERMITTENT_MS: Ms = 90 * SECOND_MS
INTERMITTENT_DEAD_MS: Ms = 45 * SECOND_MS
"""Of each minute and a half it is dead for one half: longer than a red, shorter than any test of silence. Ours."""

INTERMITTENT_APART_MS: Ms = 7 * SECOND_MS
"""Two intermittent loops do not fail together: each one's turns begin so much later than those of the number before. Ours."""

ALWAYS: Ms = 10**12
"""Later than any run ends."""


@dataclass(frozen=True, slots=True)
class InjectedFault:
    """`shape` on these detectors, from `from_ms` to `to_ms` of the run. `site`: of this site alone; None: of every site."""

    shape: FaultShape
    detectors: frozenset[DetectorNumber]
    from_ms: Ms = 0
    to_ms: Ms = ALWAYS
    site: int | None = None

    def strikes(self, now: Ms, detector: DetectorNumber) -> bool:
        """Whether the detector is bad at `now`."""
        return detector in self.detectors and self.from_ms <= now < self.to_ms


_FAULT = re.compile(
    r"(?P<kind>[a-z]+):(?:(?P<site>\d+)/)?(?P<which>\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)(?:@(?P<from>\d+)?-(?P<to>\d+)?)?"
)
_KINDS = {shape.value: shape for shape in FaultShape}


def parse_fault(text: str) -> InjectedFault:
    """`stuck:1,4-6@900-1800`: kind, detectors, from and to in seconds of the run; `dead:7/3` is of site 7 alone.

    Raises:
        ValueError: it is not written so.
    """
    match = _FAULT.fullmatch(text)
    if match is None or match["kind"] not in _KINDS:
        raise ValueError(
            f"{text} is no fault; write KIND:DETECTORS or KIND:DETECTORS@FROM-TO (@FROM- to the end), KIND {', '.join(_KINDS)}"
        )
    from_ms = int(match["from"] or 0) * SECOND_MS
    to_ms = int(match["to"]) * SECOND_MS if match["to"] else ALWAYS
    if to_ms <= from_ms:
        raise ValueError(f"{text} ends before it begins")
    ranges = {part: _range(part) for part in match["which"].split(",")}
    backwards = [part for part, numbers in ranges.items() if not numbers]
    if backwards:
        raise ValueError(f"{text}: {backwards[0]} ends before it begins")
    numbers = frozenset(DetectorNumber(n) for row in ranges.values() for n in row)
    site = None if match["site"] is None else int(match["site"])
    return InjectedFault(_KINDS[match["kind"]], numbers, from_ms, to_ms, site)


def _range(part: str) -> range:
    first, _, last = part.partition("-")
    return range(int(first), int(last or first) + 1)


def none_of_a_stranger(sites: Iterable[Site], faults: tuple[InjectedFault, ...]) -> tuple[InjectedFault, ...]:
    """The faults, where each that names a site names one that runs: else it would strike nobody and nobody would know.

    Raises:
        ValueError: one of them names another site.
    """
    running = sorted(site.id for site in sites)
    for fault in faults:
        if fault.site is not None and fault.site not in running:
            raise ValueError(
                f"--fault {fault.shape.value}:{fault.site}/…: no site {fault.site} runs (there is "
                f"{', '.join(map(str, running))}) — before the stroke stands the site's intersection.id"
            )
    return faults


def faults_of(site: Site, faults: Iterable[InjectedFault]) -> tuple[InjectedFault, ...]:
    """Those that are of this site.

    Raises:
        ValueError: one of them names a detector that the site has not got.
    """
    ours = tuple(fault for fault in faults if fault.site in {None, site.id})
    missing = sorted({number for fault in ours for number in fault.detectors} - site.detectors.keys())
    if missing:
        raise ValueError(f"{site.name} has no detector {', '.join(map(str, missing))} to put a fault on")
    return ours


class FaultyWires:
    """The wires between loops and engine. Without faults it changes nothing and costs nothing."""

    def __init__(self, faults: Iterable[InjectedFault] = ()) -> None:
        self._faults = tuple(faults)
        numbers = sorted({number for fault in self._faults for number in fault.detectors})
        self._lines = {number: _Line(number) for number in numbers}

    def carry(self, now: Ms, true: Mapping[DetectorNumber, InputSample]) -> Mapping[DetectorNumber, InputSample]:
        """What arrives at the engine of what the loops really say at `now`, ms since the run began."""
        if not self._lines:
            return true
        heard = dict(true)
        for number, line in self._lines.items():
            struck = [fault.shape for fault in self._faults if fault.strikes(now, number)]
            heard[number] = line.carry(now, true[number], struck[-1] if struck else None)
        return heard


class _Line:
    """One detector's wire: a counter of its own, that counts what is heard and not what is true."""

    __slots__ = ("_count", "_number", "_on", "_true_count")

    def __init__(self, number: DetectorNumber) -> None:
        self._number = number
        self._on = False
        self._count = 0
        self._true_count = 0

    def carry(self, now: Ms, true: InputSample, shape: FaultShape | None) -> InputSample:
        well = shape is None or (shape is FaultShape.INTERMITTENT and not self._is_out(now))
        on = true.occupied if well or shape is None else _says(now, shape)
        rose = on and not self._on
        passed = true.count - self._true_count if well else 0
        self._count += max(int(rose), passed)
        self._true_count, self._on = true.count, on
        return replace(true, occupied=on, count=self._count)

    def _is_out(self, now: Ms) -> bool:
        return (now - self._number * INTERMITTENT_APART_MS) % INTERMITTENT_MS < INTERMITTENT_DEAD_MS


def _says(now: Ms, shape: FaultShape) -> bool:
    """The level of a bad loop."""
    match shape:
        case FaultShape.STUCK:
            return True
        case FaultShape.CHATTER:
            return now // CHATTER_HALF_MS % 2 == 0
        case FaultShape.DEAD | FaultShape.INTERMITTENT:
            return False
