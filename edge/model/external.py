"""General-purpose inputs: wires by which the cabinet, a railway, a bus or a police officer asks for something.

A wire is an input of a device that is neither a detector nor a push-button. What it asks for is told by the section of
the site file that names it: `inputs`, `preempts`, `priorities`. The core hears all wires in one mapping, by `WireName`.
"""

from collections.abc import Mapping
from typing import NewType, TypeAlias

from edge.model.detectors import InputRef, InputSample

WireName = NewType("WireName", str)
"""`cab.in9`: device and terminal, as in the site file."""

Wires: TypeAlias = Mapping[WireName, InputSample]


def wire_name(ref: InputRef) -> WireName:
    """The name of the wire at `ref`."""
    return WireName(f"{ref.device}.{ref.terminal}")
