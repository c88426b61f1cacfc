"""General-purpose inputs and the rules of flash: what they name exists, and makes sense together."""

from edge.check.words import listed
from edge.config.problems import Findings, Path
from edge.config.read import Draft
from edge.model.external import Does, ExternalInput

_OF_WALKS = frozenset({Does.PED_CALL, Does.PED_OMIT})


def inputs_name_what_is_there(draft: Draft, findings: Findings) -> None:
    """Phases, walks, rings and plans of `inputs` exist."""
    for wire in draft.site.inputs:
        here: Path = ("inputs", wire.number, "does")
        if wire.does is Does.FORCE_OFF:
            _ring_exists(draft, findings, wire, here)
            continue
        for phase in sorted(wire.phases):
            known = draft.site.phases.get(phase)
            if known is None:
                what = f"input {wire.number}: this intersection has no phase {phase}"
                findings.cross(here, what, "name phases of phases", [("phases", phase)])
            elif wire.does in _OF_WALKS and known.ped is None:
                what = f"input {wire.number}: phase {phase} has no walk"
                uses: list[Path] = [("phases", phase, "walk"), ("phases", phase, "ped_clear")]
                findings.cross(here, what, f"add walk and ped_clear to phases.{phase}", uses)
        if wire.run is not None and wire.run.plan is not None and wire.run.plan not in draft.site.plans:
            known_plans = ", ".join(str(n) for n in draft.site.plans) or "none yet"
            what, mend = f"there is no plan {wire.run.plan}", f"name one of plans: {known_plans}"
            findings.cross(here, what, mend, [("plans", wire.run.plan)])


def _ring_exists(draft: Draft, findings: Findings, wire: ExternalInput, here: Path) -> None:
    rings = draft.site.sequence.rings
    if wire.ring is not None and not 0 <= wire.ring < len(rings):
        what = f"input {wire.number}: there is no ring {wire.ring + 1}"
        findings.cross(here, what, f"write force-off 1 to force-off {len(rings)}", [("rings",)])


def inputs_make_sense(draft: Draft, findings: Findings) -> None:
    """Interval advance and manual control need each other; maximum 2 a phase that states one."""
    deeds = {wire.does for wire in draft.site.inputs}
    second = any(p.max_green_2_ms is not None for p in draft.site.phases.values())
    for wire in draft.site.inputs:
        here: Path = ("inputs", wire.number, "does")
        if wire.does is Does.INTERVAL_ADVANCE and Does.MANUAL_CONTROL not in deeds:
            what = "an interval advance is heard under manual control only, and no input enables that"
            findings.cross(here, what, "add an input that does manual-control", [("inputs",)])
        if wire.does is Does.MANUAL_CONTROL and Does.INTERVAL_ADVANCE not in deeds:
            what = "under manual control every green is held, and no input lets go of it"
            findings.warn(here, what, "add an input that does interval-advance")
        if wire.does is Does.MAX_2 and not second:
            what = "no phase states max_green_2: maximum 1 is timed"
            findings.warn(here, what, "add max_green_2 to phases, or remove it")


def flash_phases_fit(draft: Draft, findings: Findings) -> None:
    """Entry and exit phases exist, and are green together."""
    for key, phases in (("entry", draft.site.flash.entry), ("exit_to", draft.site.flash.exit_to)):
        here: Path = ("flash", key)
        unknown = [p for p in phases if p not in draft.site.phases]
        if unknown:
            what = f"this intersection has no phase {unknown[0]}"
            findings.cross(here, what, "name phases of phases", [("phases", unknown[0])])
            continue
        sequence = draft.site.sequence
        known = [p for p in phases if p in sequence.places]
        apart = [(a, b) for a in known for b in known if a < b and not sequence.concurrent(a, b)]
        if apart:
            what = f"phases {listed(apart[0])} conflict and cannot be green together"
            findings.cross(here, what, "keep phases of different rings in one barrier group", [("rings",)])


RULES = (
    inputs_name_what_is_there,
    inputs_make_sense,
    flash_phases_fit,
)
