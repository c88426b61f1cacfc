"""Plans in words: which phases, from when, for how long, and at what cost."""

from collections.abc import Iterable

from edge.model.advice import Option, Step
from edge.model.observation import Observation
from edge.model.units import SECOND_MS, Ms, PhaseNumber

_STEPS_SAID = 4
"""Steps of a plan that are told; later ones change before they come. Ours."""

_TWO_MINUTES_MS: Ms = 120_000


def option(seen: Observation, chosen: Option, base: float | None = None) -> str:
    """One way on. `base`: the cost of the best one, for an alternative."""
    steps = [step for step in chosen.steps if step.to_ms > seen.now or step.from_ms >= seen.now]
    ended = [step for step in chosen.steps if step.to_ms <= seen.now and step.from_ms < seen.now]
    said = [f"end {phases_text(step.phases)} now" for step in ended[-1:]]
    said += [_step(seen.now, step) for step in steps[:_STEPS_SAID]]
    return f"{', then '.join(said) or 'stay as it is'}; {_cost(chosen.cost, base)}"


def _step(now: Ms, step: Step) -> str:
    if step.from_ms <= now:
        return f"{phases_text(step.phases)} for {seconds(step.to_ms - now)} more"
    return f"{phases_text(step.phases)} in {seconds(step.from_ms - now)} for {seconds(step.to_ms - step.from_ms)}"


def _cost(cost: float, base: float | None) -> str:
    if base is None:
        return f"cost {cost:.0f} vehicle-seconds"
    return f"cost {cost - base:.0f} vehicle-seconds more" if cost >= base else f"cost {base - cost:.0f} less"


def step_of(chosen: Option, phase: PhaseNumber, now: Ms) -> Step | None:
    """The step in which a plan serves the phase next, or goes on serving it; steps that follow on are one."""
    found: Step | None = None
    for step in chosen.steps:
        if phase not in step.phases:
            if found is not None:
                return found
        elif found is not None:
            found = Step(found.phases, found.from_ms, step.to_ms)
        elif step.to_ms > now or step.from_ms <= now:
            found = step
    return found


def phases_text(phases: Iterable[PhaseNumber]) -> str:
    """`2+6`."""
    return "+".join(str(number) for number in sorted(phases))


def seconds(ms: Ms) -> str:
    """`8 s`."""
    return f"{ms / SECOND_MS:.0f} s"


def duration(ms: Ms) -> str:
    """`8.4 s` below two minutes, then `3 min`."""
    return f"{ms / SECOND_MS:.1f} s" if ms < _TWO_MINUTES_MS else f"{ms / 60_000:.0f} min"
