"""Coordinated plans: phases that can be coordinated, modes and orders that mean something, room for an early yield."""

from edge.check.words import s
from edge.config.problems import Findings, Path
from edge.config.read import Draft
from edge.model.coordination import Coordination, SplitMode
from edge.model.plans import FixedPlan
from edge.model.sequence import Sequence
from edge.model.units import PhaseNumber

_RINGS: Path = ("rings",)


def _coordinated(draft: Draft) -> list[tuple[FixedPlan, Coordination, Path]]:
    """The coordinated plans, and where each says which phases it coordinates."""
    found: list[tuple[FixedPlan, Coordination, Path]] = []
    for number, plan in draft.site.plans.items():
        if plan.coordination is not None:
            own = draft.rows.plans[number].coordinated is not None
            found.append(
                (plan, plan.coordination, ("plans", number, "coordinated") if own else ("coordination", "coordinated"))
            )
    return found


def coordinated_phases_run_together(draft: Draft, findings: Findings) -> None:
    """The coordinated phases exist, are concurrent, and every ring has one."""
    shared: dict[Path, Coordination] = {here: how for _, how, here in _coordinated(draft)}  # one slip, many plans
    for here, how in shared.items():
        wrong = _wrong_phases(draft.site.sequence, how.phases)
        if wrong is not None:
            findings.cross(here, *wrong, [_RINGS])


def _wrong_phases(sequence: Sequence, phases: tuple[PhaseNumber, ...]) -> tuple[str, str] | None:
    unknown = next((p for p in phases if p not in sequence.places), None)
    if unknown is not None:
        return f"this intersection has no phase {unknown}", "name a phase of the rings, or remove it"
    one_a_ring = "name one phase a ring, in one barrier group"
    apart = next(((a, b) for a in phases for b in phases if not sequence.concurrent(a, b)), None)
    if apart is not None:
        return f"phases {apart[0]} and {apart[1]} conflict and cannot be coordinated together", one_a_ring
    rings = {sequence.places[p].ring for p in phases}
    without = next((r for r in range(len(sequence.rings)) if r not in rings), None)
    return None if without is None else (f"ring {without + 1} has no coordinated phase", one_a_ring)


def modes_are_served(draft: Draft, findings: Findings) -> None:
    """A split mode belongs to a phase of a coordinated plan that is not coordinated itself."""
    for number, plan in draft.site.plans.items():
        for phase, mode in draft.rows.plans[number].modes.items():
            here: Path = ("plans", number, "modes", phase)
            wrong = _wrong_mode(draft, plan, phase, mode)
            if wrong is not None:
                findings.cross(here, *wrong, [_RINGS, ("phases", phase), ("plans", number, "coordinated")])


def _wrong_mode(draft: Draft, plan: FixedPlan, phase: PhaseNumber, mode: SplitMode) -> tuple[str, str] | None:
    if plan.coordination is None:
        return (
            f"plan {plan.number} is a fixed plan: it serves every phase in every cycle",
            "remove it, or add coordinated",
        )
    if phase not in draft.site.phases:
        return f"this intersection has no phase {phase}", "remove it"
    if phase in plan.coordination.phases and mode is not SplitMode.NONE:
        return f"phase {phase} is coordinated: it is served in every cycle and held to its yield point", "remove it"
    walks = mode in {SplitMode.PED, SplitMode.MAX_PED}
    if walks and draft.site.phases[phase].ped is None:
        return f"phase {phase} has no walk", "write min-recall or max-recall, or add walk and ped_clear to the phase"
    return None


def early_yield_leaves_the_minimum(draft: Draft, findings: Findings) -> None:
    """A coordinated phase does not yield before its minimum green could be over."""
    for plan, how, _ in _coordinated(draft):
        for number in how.phases:
            phase = draft.site.phases.get(number)
            room = plan.splits.get(number, 0) - (phase.min_green_ms + phase.change_ms if phase else 0)
            if phase is not None and 0 <= room < how.early_yield_ms:
                early = f"early_yield is {s(how.early_yield_ms)} s"
                what = f"plan {plan.number}: phase {number} has {s(room)} s beside its minimum, {early}"
                uses: list[Path] = [("plans", plan.number, "splits"), ("phases", number)]
                findings.cross(("coordination", "early_yield"), what, f"at most {s(room)}", uses)


def orders_can_change_over(draft: Draft, findings: Findings) -> None:
    """The rings take over another order at a barrier; several rings without one have no place for that."""
    sequence = draft.site.sequence
    for number, plan in draft.site.plans.items():
        if plan.sequence is not None and sequence.group_count == 1 and len(sequence.rings) > 1:
            what = f"plan {number} has an order of its own, and these rings have no barrier at which to change over"
            findings.cross(("plans", number, "rings"), what, "remove it", [_RINGS])


RULES = (
    coordinated_phases_run_together,
    modes_are_served,
    early_yield_leaves_the_minimum,
    orders_can_change_over,
)
