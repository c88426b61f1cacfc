"""Rows of `inputs` and the rules of flash to the frozen site."""

from edge.config.external_rows import ExternalRow
from edge.config.rows import SiteFile
from edge.model.external import Does, ExternalInput
from edge.model.sequence import Sequence
from edge.model.site import FlashRules
from edge.model.units import PhaseNumber


def inputs_of(rows: SiteFile, sequence: Sequence) -> tuple[ExternalInput, ...]:
    """Every wire, by number. A force-off has the phases of its ring; a ring that is not there has none."""
    return tuple(_input(number, row, sequence) for number, row in sorted(rows.inputs.items()))


def _input(number: int, row: ExternalRow, sequence: Sequence) -> ExternalInput:
    deed = row.does
    if deed.does is not Does.FORCE_OFF:
        phases = frozenset(PhaseNumber(n) for n in deed.numbers)
        return ExternalInput(number, row.input, deed.does, phases, deed.run, invert=row.invert)
    ring = deed.numbers[0] - 1
    groups = sequence.rings[ring] if 0 <= ring < len(sequence.rings) else ()
    return ExternalInput(
        number, row.input, deed.does, frozenset(p for group in groups for p in group), ring=ring, invert=row.invert
    )


def flash_rules_of(rows: SiteFile) -> FlashRules:
    """The way into and out of an asked flash."""
    return FlashRules(tuple(rows.flash.entry), tuple(rows.flash.exit_to))
