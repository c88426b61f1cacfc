"""How it stands with the adaptive layer: as plain values, and in words."""

from typing import Any, TypeAlias

from edge.model.adaptive import AdaptiveMode, AdaptiveStatus
from edge.model.advice import ADVICE_LIVES_MS, Advice, Option, Phases
from edge.model.units import SECOND_MS, Ms

Said: TypeAlias = dict[str, Any]


def adaptive(now: Ms, found: AdaptiveStatus | None) -> Said | None:
    """Its mode, whether it is followed, what it asks for now and why; None where it is off."""
    if found is None:
        return None
    return {
        "mode": found.mode.value,
        "free": found.free,
        "acting": found.acting,
        "age_s": None if found.age_ms is None else round(found.age_ms / SECOND_MS, 1),
        "gaps": found.gaps,
        "sentence": sentence(now, found),
        "advice": None if found.advice is None else _advice(now, found.advice),
    }


def sentence(now: Ms, found: AdaptiveStatus) -> str:
    """`acting: holds 2 6, leaves out 4 8; next 4 8 in 12 s`."""
    advice = found.advice
    if advice is None or found.age_ms is None:
        return f"{found.mode.value}: no advice yet"
    if found.age_ms > ADVICE_LIVES_MS:
        return f"{found.mode.value}: no advice for {found.age_ms / SECOND_MS:.0f} s"
    if not advice.healthy:
        return f"{found.mode.value}: the loops do not carry it{f': {advice.why}' if advice.why else ''}"
    said = ", ".join(f"{word} {_words(phases)}" for word, phases in _asked(advice) if phases) or "asks for nothing"
    why = f" — {advice.why}" if advice.why else ""
    return f"{_doing(found)}: {said}{_next(now, advice.best)}{why}"


def _doing(found: AdaptiveStatus) -> str:
    if found.acting:
        return "acting"
    return "advises, not asked" if found.mode is AdaptiveMode.ADVISE else "not heard now"


def _asked(advice: Advice) -> tuple[tuple[str, Phases], ...]:
    return (
        ("holds", advice.holds),
        ("ends", advice.force_offs),
        ("calls", advice.calls),
        ("walks", advice.ped_calls),
        ("leaves out", advice.omits),
    )


def _next(now: Ms, best: Option | None) -> str:
    """The first step of the plan that has not begun."""
    step = next((s for s in best.steps if s.from_ms > now), None) if best is not None else None
    return "" if step is None else f"; next {_words(step.phases)} in {(step.from_ms - now) / SECOND_MS:.0f} s"


def _advice(now: Ms, advice: Advice) -> Said:
    return {
        "healthy": advice.healthy,
        "why": advice.why,
        "calls": sorted(advice.calls),
        "ped_calls": sorted(advice.ped_calls),
        "holds": sorted(advice.holds),
        "force_offs": sorted(advice.force_offs),
        "omits": sorted(advice.omits),
        "best": None if advice.best is None else _option(now, advice.best),
        "others": [_option(now, other) for other in advice.others],
        "expects": [
            {"lane": e.lane, "queue": round(e.queue, 1), "arrivals": round(e.arrivals, 1), "source": e.source}
            for e in advice.expects
        ],
        "took_ms": advice.took_us / 1_000,
    }


def _option(now: Ms, option: Option) -> Said:
    steps = [
        {
            "phases": list(s.phases),
            "in_s": round((s.from_ms - now) / SECOND_MS, 1),
            "for_s": (s.to_ms - s.from_ms) / SECOND_MS,
        }
        for s in option.steps
    ]
    return {"cost": round(option.cost, 1), "steps": steps}


def _words(phases: Phases | tuple[int, ...]) -> str:
    return " ".join(str(p) for p in sorted(phases))
