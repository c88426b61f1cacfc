"""Any valid site with any preempts and priorities under any wires: nothing conflicts, nothing is short, and they end."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.model.detectors import InputRef, InputSample
from edge.model.exchange import Mode
from edge.model.external import WireName
from edge.model.preempts import PedBounds, Preempt, PreemptKind, Priority, PriorityLimits, TrackClearance
from edge.model.site import Site
from edge.model.units import PhaseNumber, PreemptNumber, PriorityNumber
from tests.control.test_any_site import Drawn, World, sites

pytestmark = pytest.mark.untraced


@st.composite
def together(draw: st.DrawFn, site: Site) -> tuple[PhaseNumber, ...]:
    """Phases that may be green together: of one barrier group, at most one a ring."""
    group = draw(st.integers(0, site.sequence.group_count - 1))
    rows = [ring[group] for ring in site.sequence.rings if ring[group]]
    chosen = [draw(st.sampled_from(row)) for row in rows if row is rows[0] or draw(st.booleans())]
    return tuple(chosen)


@st.composite
def preempts(draw: st.DrawFn, site: Site, n: int) -> Preempt:
    tenths = st.integers
    track = TrackClearance(draw(together(site)), draw(tenths(10, 90)) * 100) if draw(st.booleans()) else None
    cycling = tuple(site.phases) if draw(st.integers(0, 3)) == 0 else ()
    return Preempt(
        PreemptNumber(n),
        draw(st.sampled_from(PreemptKind)),
        InputRef("mock", f"preempt{n}"),
        inverted=draw(st.booleans()),
        locking=draw(st.booleans()),
        delay_ms=draw(tenths(0, 50)) * 100,
        entry=draw(st.none() | st.builds(PedBounds, tenths(0, 40).map(_ms), tenths(10, 60).map(_ms))),
        track=track,
        dwell=() if cycling else draw(together(site)),
        cycling=cycling,
        min_dwell_ms=draw(tenths(0, 100)) * 100,
        max_presence_ms=draw(st.sampled_from([0, 30_000])),
        exit_phases=draw(together(site)) if draw(st.booleans()) else (),
    )


def _ms(tenth: int) -> int:
    return tenth * 100


@st.composite
def interrupted(draw: st.DrawFn) -> Drawn:
    """Any site with up to two preempts and one priority."""
    drawn = draw(sites(3))
    site = drawn.site
    some = {PreemptNumber(n): draw(preempts(site, n)) for n in range(1, draw(st.integers(0, 2)) + 1)}
    least = {p: row.min_green_ms + 1_000 for p, row in site.phases.items() if draw(st.booleans())}
    asked = draw(together(site))
    limits = PriorityLimits(draw(st.integers(0, 150)) * 100, {p: ms for p, ms in least.items() if p not in asked})
    tram = Priority(PriorityNumber(1), InputRef("mock", "tram"), asked, limits, max_request_ms=20_000)
    return Drawn(_carded(replace(site, preempts=some, priorities={tram.number: tram})), drawn.text)


def _carded(site: Site) -> Site:
    """The card as `check` would ask it: a preempt may cut a clearance no shorter than the card's least (MUTCD 4F.01)."""
    bounds = [p.entry.clearance_ms for p in site.preempts.values() if p.entry is not None]
    channels = [replace(c, min_ped_clearance_ms=min([c.min_ped_clearance_ms, *bounds])) for c in site.card.channels]
    return replace(site, card=replace(site.card, channels=tuple(channels)))


def longest_interruption_ms(site: Site) -> int:
    """How long preempts may still run when nobody asks any more: each once, one after the other, at its longest.

    A preempt brings phases up three times at most: on entry (the track's), for its dwell and at its exit. Each time whoever is
    green ends by the rules of its own sheet, and who comes may have its red still to wait for.
    """
    red = max(site.options.red_revert_ms, *(max(p.red_revert_ms, p.min_red_ms) for p in site.phases.values()))
    lead = max(p.red_yellow_ms + p.lead_ms for p in site.phases.values())
    comes_up = site.longest_stop_ms + red + lead
    greens = (p.delay_ms + p.min_dwell_ms + (p.track.longest_ms if p.track else 0) for p in site.preempts.values())
    return sum(green + 3 * comes_up for green in greens)


@given(interrupted(), st.integers(0, 2**32), st.sampled_from([0.005, 0.05]))
def test_whoever_interrupts_and_whenever_nothing_conflicts_and_nothing_is_short(
    drawn: Drawn, seed: int, flips: float
) -> None:
    """The monitor is silent, the oracle content, and when all wires are quiet everybody is served again."""
    world = World(drawn.site, drawn.text, seed)
    quiet = {WireName(f"{ref.device}.{ref.terminal}"): False for ref in drawn.site.wires}
    for preempt in drawn.site.preempts.values():
        quiet[WireName(f"mock.{preempt.input.terminal}")] = preempt.inverted
    on = dict(quiet)
    bound = 600 + longest_interruption_ms(drawn.site) // 100
    for k in range(max(1_100, bound)):
        if k >= 1_100 and world.tick.controller.status(world.now).preempt is None:
            break
        if k < 600:
            on = {wire: level ^ (world.rng.random() < flips) for wire, level in on.items()}
        now = quiet if k >= 600 else on
        world.step(wires={w: InputSample(level, 0, world.now) for w, level in now.items()})
    world.finish()
    assert world.mode is Mode.RUN
    assert world.tick.controller.status(world.now).preempt is None
