"""General-purpose inputs: wires by which the cabinet, a railway, a bus or a police officer asks for something.

A wire is an input of a device that is neither a detector nor a push-button. What it asks for is told by the section of
the site file that names it: `inputs`, `preempts`, `priorities`. The core hears all wires in one mapping, by `WireName`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NewType, TypeAlias

from edge.model.detectors import InputRef, InputSample
from edge.model.named import Named
from edge.model.plans import Run
from edge.model.units import PhaseNumber

WireName = NewType("WireName", str)
"""`cab.in9`: device and terminal, as in the site file."""

Wires: TypeAlias = Mapping[WireName, InputSample]


def wire_name(ref: InputRef) -> WireName:
    """The name of the wire at `ref`."""
    return WireName(f"{ref.device}.{ref.terminal}")


class Does(Named):
    """What a wire of `inputs` asks for, in the words of NEMA TS 2 3.5.5.5."""

    HOLD = "hold"  # the green of these phases goes on
    OMIT = "omit"  # these phases are not served
    PED_OMIT = "ped-omit"  # no walk of these phases begins
    FORCE_OFF = "force-off"  # the green of a ring ends
    CALL = "call"  # vehicles
    PED_CALL = "ped-call"
    NON_ACTUATED = "call-to-non-actuated"  # vehicles and pedestrians are called in every cycle
    MAX_2 = "max-2"  # maximum 2 is timed
    RUN = "run"  # a plan, or free
    MANUAL_CONTROL = "manual-control"
    INTERVAL_ADVANCE = "interval-advance"
    STOP_TIME = "stop-time"
    REMOTE_FLASH = "remote-flash"
    LOCAL_FLASH = "local-flash"  # the cabinet's flash switch
    MMU_FLASH = "mmu-flash"  # the cabinet's monitor


@dataclass(frozen=True, slots=True)
class ExternalInput:
    """One wire of `inputs`. `phases`: of a force-off all phases of its ring. `invert`: it asks while it is off."""

    number: int
    input: InputRef
    does: Does
    phases: frozenset[PhaseNumber] = frozenset()
    run: Run | None = None
    ring: int | None = None
    """Of a force-off; from 0."""
    invert: bool = False
