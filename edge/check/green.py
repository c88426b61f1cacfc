"""Volume density, maximums, conditional service, queue limits and switch phases: settings that must fit together."""

from collections.abc import Iterator

from edge.check.words import s
from edge.config.problems import Findings, Path
from edge.config.read import Draft
from edge.model.phases import Phase


def volume_density_fits(draft: Draft, findings: Findings) -> None:
    """The minimum gap is no longer than the passage, the longest initial green between minimum and maximum."""
    for number, phase in draft.site.phases.items():
        here: Path = ("phases", number, "volume_density")
        reduction, added = phase.gap_reduction, phase.added_initial
        if reduction is not None and reduction.min_gap_ms > phase.passage_ms:
            what = f"phase {number}: min_gap {s(reduction.min_gap_ms)} s is longer than passage {s(phase.passage_ms)} s"
            findings.cross((*here, "min_gap"), what, f"at most {s(phase.passage_ms)}", [("phases", number, "passage")])
        if added is not None and added.most_ms > phase.max_green_ms:
            what = (
                f"phase {number}: max_initial {s(added.most_ms)} s is longer than max_green {s(phase.max_green_ms)} s"
            )
            findings.cross(
                (*here, "max_initial"), what, f"at most {s(phase.max_green_ms)}", [("phases", number, "max_green")]
            )
        if added is not None and added.most_ms < phase.min_green_ms:
            least = s(phase.min_green_ms)
            what = f"phase {number}: max_initial {s(added.most_ms)} s is shorter than min_green {least} s, so nothing is added"
            findings.cross((*here, "max_initial"), what, f"over {least}", [("phases", number, "min_green")])
        if phase.guaranteed_passage and reduction is None:
            what = f"phase {number} guarantees the passage, and no gap of it is reduced"
            write = "add volume_density with min_gap, or remove it"
            findings.cross(("phases", number, "guaranteed_passage"), what, write, [here])


def somebody_counts(draft: Draft, findings: Findings) -> None:
    """Added initial needs a detector that counts its vehicles."""
    counted = {d.phase for d in draft.site.detectors.values() if d.adds_initial}
    for number, phase in draft.site.phases.items():
        if phase.added_initial is not None and number not in counted:
            what = f"phase {number} adds initial green, and no detector of it counts vehicles"
            write = "set adds_initial: true on one, best an advance or count loop of every lane"
            findings.cross(("phases", number, "volume_density"), what, write, [("detectors",)])


def maximums_can_be_kept(draft: Draft, findings: Findings) -> None:
    """Every maximum green, and both ends of a dynamic one, are no shorter than the minimum."""
    for number, phase in draft.site.phases.items():
        for path, maximum_ms in _maximums(phase):
            if maximum_ms < phase.min_green_ms:
                what = (
                    f"phase {number}: {path[-1]} {s(maximum_ms)} s is shorter than min_green {s(phase.min_green_ms)} s"
                )
                least = f"at least {s(phase.min_green_ms)}"
                findings.cross(path, what, least, [("phases", number, "min_green")])


def _maximums(phase: Phase) -> Iterator[tuple[Path, int]]:
    here: Path = ("phases", phase.number)
    if phase.max_green_2_ms is not None:
        yield (*here, "max_green_2"), phase.max_green_2_ms
    if phase.max_green_3_ms is not None:
        yield (*here, "max_green_3"), phase.max_green_3_ms
    if phase.dynamic_max is not None:
        yield (*here, "dynamic_max", "limit"), phase.dynamic_max.limit_ms


def conditional_service_is_possible(draft: Draft, findings: Findings) -> None:
    """Conditional service needs another ring to wait for, and an earlier phase on the same side of the barrier."""
    sequence = draft.site.sequence
    for number, phase in draft.site.phases.items():
        place = sequence.places.get(number)
        if place is None:
            continue
        if phase.conditional_service and (place.rank == 0 or len(sequence.rings) == 1):
            what = f"phase {number} has no earlier phase of its ring to serve while it waits at a barrier"
            findings.cross(("phases", number, "conditional_service"), what, "remove it", [("rings",)])
        if phase.conditional_reservice and not phase.conditional_service:
            what = f"phase {number} has conditional_reservice and no conditional_service"
            findings.cross(("phases", number, "conditional_reservice"), what, "add conditional_service: true")


def switch_phases_exist(draft: Draft, findings: Findings) -> None:
    """A switch phase is another phase of this intersection."""
    for number, detector in draft.site.detectors.items():
        if detector.switch_phase is None:
            continue
        path: Path = ("detectors", number, "switch_phase")
        if detector.switch_phase not in draft.site.phases:
            what = f"detector {number} switches to phase {detector.switch_phase}, which this intersection does not have"
            findings.cross(path, what, "name a phase of phases", [("phases", detector.switch_phase)])
        elif detector.switch_phase == detector.phase:
            findings.cross(path, f"detector {number} switches to its own phase", "name another phase, or remove it")


RULES = (
    volume_density_fits,
    somebody_counts,
    maximums_can_be_kept,
    conditional_service_is_possible,
    switch_phases_exist,
)
