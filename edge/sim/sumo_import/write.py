"""The text of an imported site file. The same network and options give the same text."""

import math
import zlib
from collections.abc import Iterator
from itertools import combinations

from edge.model.lanes import Lane, Movement
from edge.model.sequence import Sequence
from edge.model.sumo import SumoLoop
from edge.model.units import PhaseNumber
from edge.sim.sumo_import.actuation import goes_in_best
from edge.sim.sumo_import.lanes import ZONE_FROM, Placed
from edge.sim.sumo_import.loops import STOPBAR_NEAR_M
from edge.sim.sumo_import.own_plan import own_times
from edge.sim.sumo_import.text import Bare, Piece, flow, rows
from edge.sim.sumo_import.timing import (
    WALK_S,
    FixedTimes,
    Times,
    clearance_s,
    fixed_times,
    least_greens,
    passage_s,
    zone_passage_s,
)
from edge.sim.sumo_import.wiring import Caller, Imported, Place, ShownChannel, callers_of, channels_of, zoned_phases

HEADER = "# Written by `stopline import sumo`"
"""How every imported file begins; one that begins so may be written over."""

_SECOND_DELAY_S = 2.0
"""Who stands so long at the stop line has not got away in the phase he came for. Ours."""

_BEFORE_HELD_S = 10.0
"""Where a red arrow holds some of a lane, who stands at the line so long after the green began is likely one of them: start-up,
and four vehicles at 2 s, as many as pass before the first of one in five. Ours."""

_START_S = 3.0
"""Flash, and all red, at the start, in a simulation that nobody drives into before it. Ours."""

_ZONE_STUCK_MIN = 10
"""A zone may be full from one green to the next, and longer behind a queue that no green empties; hardly through three cycles
of four greens of 50 s without one headway of 3 s. Ours; of a loop 8."""

_BAD_LOOPS = 0.4
"""The fixed plan runs when more than this share of the loops has failed (adaptive-control, ladder, E)."""


def site_text(site: Imported) -> str:
    """The whole file.

    Raises:
        NetProblem: it needs more overlaps, channels or detectors than there are.
    """
    channels, callers = tuple(channels_of(site)), tuple(callers_of(site))
    parts = (
        _head(site), _phases(site, callers), _overlaps(channels), _devices(site), _detectors(site, callers),
        _buttons(site), _shown(channels), _card(site.layout.sequence, channels, site.times), _plans(site, callers),
        _lanes(site), _sumo(site, channels, callers),
    )  # fmt: skip
    return "\n".join(line for part in parts for line in part) + "\n"


def _head(site: Imported) -> Iterator[str]:
    times, layout = site.times, site.layout
    kind = "a dual ring" if layout.dual else "a single ring of stages"
    asked = (
        f"--min-green {times.min_green:g} --max-green {times.max_green:g} --yellow {times.yellow:g} --red {times.red:g}"
    )
    yield f"{HEADER} from {_plain(site.source)}, traffic light {_plain(site.signal.tls)}: {kind}."
    yield f"# {asked}"
    yield "# For simulation: the devices are mock, and nobody has compared the card with a cabinet. Times are in seconds."
    yield "schema: 1"
    yield ""
    yield "intersection:"
    yield f"  id: {zlib.crc32(site.signal.tls.encode()) % 999_999 + 1}"
    yield f"  name: {flow(f'{site.signal.tls}'[:200])}"
    yield "  timezone: UTC"
    yield ""
    yield "rings:"
    for ring in layout.sequence.rings:
        yield f"  - {flow(' | '.join(' '.join(str(p) for p in group) for group in ring))}"
    through = [p for p in layout.sequence.phases if p % 2 == 0]
    if layout.dual:
        yield ""
        yield "options:"
        yield f"  dual_entry: {flow(through)}"
        pairs = [[p, q] for p, q in combinations(through, 2) if layout.sequence.concurrent(p, q)]
        if pairs:
            yield f"  simultaneous_gap: {flow(pairs)}"


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)


def _phases(site: Imported, callers: tuple[Caller, ...]) -> list[str]:
    times = site.times
    table: dict[object, Piece] = {}
    zoned = zoned_phases(site)
    for phase in site.layout.sequence.phases:
        lanes = [c.placed.lane for c in callers if c.phase == phase]
        row: dict[str, Piece] = {"move": Bare(site.layout.moves[phase])}
        driven = any(phase in group.phases for group in site.layout.groups)
        zones = [(placed.lane, placed.zone_m) for placed in zoned.get(phase, ())]
        passage = zone_passage_s(zones) if zones else passage_s(lanes) if driven else 0
        row |= {"min_green": times.min_green, "passage": passage, "max_green": times.max_green}
        row |= {"yellow": times.yellow, "red_clear": times.red}
        walks = [walk for walk in site.layout.walks if walk.phase == phase]
        if walks:
            row |= {"walk": WALK_S, "ped_clear": max(clearance_s(walk) for walk in walks)}
        elif not lanes:
            row |= {"recall": Bare("min")}
        table[phase] = row
    return rows("phases", table)


def _overlaps(channels: tuple[ShownChannel, ...]) -> list[str]:
    table: dict[object, Piece] = {}
    for channel in channels:
        group = channel.group
        if group is None or not channel.letter:
            continue
        table[channel.letter] = {"kind": Bare("normal"), "parents": list(group.phases)}
    return rows("overlaps", table)


def _devices(site: Imported) -> Iterator[str]:
    yield ""
    yield "io:"
    yield "  loops: {driver: mock}"
    if site.layout.walks:
        yield "  buttons: {driver: mock}"
    yield "  cab: {driver: mock}"


_FAULTS = (
    "",
    "# Two cycles; and green by the plan, because nobody sees who waits there.",
    "detector_faults: {unseen_min: 2, on_fault: plan-recall}",
)


def _detectors(site: Imported, callers: tuple[Caller, ...]) -> list[str]:
    found: dict[object, Piece] = {}
    zones = zoned_phases(site)
    for caller in callers:
        found[caller.number] = _detector(caller, site.times, zones.get(caller.phase, ())) | _on_fault(caller)
    return [*rows("detectors", found), *_FAULTS] if callers else []


def _detector(caller: Caller, times: Times, zones: tuple[Placed, ...]) -> dict[str, Piece]:
    """One detector. `zones`: the lanes whose zones hold the green of its phase."""
    lane, number = caller.placed.lane, caller.placed.number
    row: dict[str, Piece] = {"input": Bare(f"loops.{caller.number}"), "phase": caller.phase}
    if caller.place is Place.ADVANCE:
        row |= {"kind": Bare("advance"), "move": Bare(f"{lane.name} advance"), "distance_m": lane.advance_m}
        calls: dict[str, Piece] = {"calls": False} if zones else {}  # the zone does, and goes on until he is served
        return row | calls | {"extends": False, "partner": number}
    name = "zone" if caller.place is Place.ZONE else "stop bar"
    row |= {"kind": Bare("stopbar"), "move": Bare(f"{lane.name} {name}"), "distance_m": STOPBAR_NEAR_M}
    if caller.place is Place.SECOND:
        return row | {"delay": _SECOND_DELAY_S, "queue_limit": times.min_green}
    queue: dict[str, Piece] = (
        {"queue": True} if len(zones) > 1 else {}
    )  # else whoever comes on one lane holds all of them
    if caller.place is Place.ZONE:
        return row | queue | {"stuck_on_min": _ZONE_STUCK_MIN, "partner": number}
    partner = (ZONE_FROM + number,) if zones else lane.advance[:1]
    held: dict[str, Piece] = {} if goes_in_best(caller.placed) else {"queue_limit": _BEFORE_HELD_S}
    return row | queue | held | _stands_in(lane, zones) | ({"partner": partner[0]} if partner else {})


def _on_fault(caller: Caller) -> dict[str, Piece]:
    """Late of a second input where what its lane's first one recalls is green for everybody in it."""
    late = caller.place is Place.SECOND and goes_in_best(caller.placed)
    return {"on_fault": Bare("late-recall")} if late else {}


def _stands_in(lane: Lane, zones: tuple[Placed, ...]) -> dict[str, Piece]:
    """How a stop-bar loop holds the green for a zone that has failed: not beside it, and stretched to the same headway."""
    if not zones:
        return {}
    behind = zone_passage_s([(placed.lane, placed.zone_m) for placed in zones])
    return {"extends": False, "extend": max(0.0, round(passage_s([lane]) - behind, 1))}


def _buttons(site: Imported) -> list[str]:
    table: dict[object, Piece] = {
        k: {"input": Bare(f"buttons.{k}"), "phase": walk.phase} for k, walk in enumerate(site.layout.walks, start=1)
    }
    return rows("ped_buttons", table)


def _shown(channels: tuple[ShownChannel, ...]) -> list[str]:
    table: dict[object, Piece] = {}
    wire = 0
    for channel in channels:
        count = 2 if channel.group is None else 3
        wires = list(range(wire, wire + count))
        wire += count
        row: dict[str, Piece] = {"output": Bare("cab"), "wires": wires}
        row |= {"flash": Bare("dark" if channel.walk else "red")}
        table[channel.number] = _what(channel) | row
    return rows("channels", table)


def _what(channel: ShownChannel) -> dict[str, Piece]:
    if channel.walk is not None:
        return {"ped": channel.walk.phase}
    if channel.letter:
        return {"overlap": Bare(channel.letter)}
    return {"phase": channel.group.phases[0]} if channel.group is not None else {}


def _green_with(channel: ShownChannel) -> tuple[PhaseNumber, ...]:
    if channel.walk is not None:
        return (channel.walk.phase,)
    return channel.group.phases if channel.group is not None else ()


def _card(sequence: Sequence, channels: tuple[ShownChannel, ...], times: Times) -> Iterator[str]:
    """The pairs of channels that may run together."""
    permissive: dict[int, list[int]] = {}
    for a, b in combinations(channels, 2):
        if _beside(sequence, _green_with(a), _green_with(b)):
            permissive.setdefault(a.number, []).append(b.number)
    yield ""
    yield "conflicts:"
    yield "  permissive:" if permissive else "  permissive: none"
    for number, others in permissive.items():
        yield f"    {number}: {flow(others)}"
    yield f"  min_green: {times.min_green:g}"
    yield f"  min_yellow: {times.yellow:g}"
    yield f"  min_yellow_and_red: {times.change:g}"


def _beside(sequence: Sequence, a: tuple[PhaseNumber, ...], b: tuple[PhaseNumber, ...]) -> bool:
    return any(sequence.concurrent(p, q) for p in a for q in b)


_BY_PROGRAM = "cycle, offset and greens as the program of the network shows them"
_BY_LANES = "Webster, all critical lanes taken for equally saturated"


def _fixed_plans(site: Imported) -> tuple[FixedTimes | None, FixedTimes]:
    """By the program of the network, if that is a plan; and by the lanes."""
    sequence, walks, times = site.layout.sequence, site.layout.walks, site.times
    own = own_times(site.signal, site.layout, least_greens(sequence, walks, times), times.change)
    return own, fixed_times(sequence, site.lanes, walks, times)


def _plan_rows(plans: list[tuple[str, str, FixedTimes]]) -> Iterator[str]:
    for number, (name, source, plan) in enumerate(plans, start=1):
        row: dict[str, Piece] = {"name": Bare(name), "cycle": plan.cycle}
        row |= {"offset": plan.offset} if plan.offset else {}
        yield f"  # {source}"
        yield f"  {number}: {flow(row | {'splits': {str(p): s for p, s in plan.splits.items()}})}"


def _plans(site: Imported, callers: tuple[Caller, ...]) -> Iterator[str]:
    own, computed = _fixed_plans(site)
    loops = len(callers)  # the controller counts every failed detector, zones too
    yield ""
    yield "plans:"
    yield from _plan_rows(([("Network", _BY_PROGRAM, own)] if own else []) + [("Computed", _BY_LANES, computed)])
    yield ""
    yield "fallback:"
    yield "  plan: 1"
    if own:
        yield "  unseen_plan: 2                      # the program has long greens where nobody may have come yet"
    if loops:
        yield f"  when: {{failed_detectors: {min(loops, max(3, math.ceil(_BAD_LOOPS * loops)))}}}"
    yield ""
    yield "flash:"
    shown = max(_START_S, site.times.yellow)
    yield f"  startup: {{flash: {shown:g}, exit_yellow: {shown:g}, all_red: {max(_START_S, site.times.change):g}}}"


def _lanes(site: Imported) -> list[str]:
    table: dict[object, Piece] = {}
    for placed in site.lanes:
        lane = placed.lane
        row: dict[str, Piece] = {"approach": Bare(lane.approach), "stopbar": list(lane.stopbar)}
        if lane.advance:
            row |= {"advance": list(lane.advance), "advance_m": lane.advance_m}
        row |= {"length_m": lane.length_m, "speed_kmh": lane.speed_kmh}
        if lane.siblings:
            row |= {"siblings": [Bare(name) for name in lane.siblings]}
        if not lane.cars:
            row |= {"cars": False}
        row |= {"movements": [_movement(movement) for movement in lane.movements]}
        table[lane.name] = row
    return rows("lanes", table)


def _movement(movement: Movement) -> Piece:
    row: dict[str, Piece] = {"turn": Bare(movement.turn.value), "phases": sorted(movement.phases)}
    if movement.opposed_in:
        row |= {"opposed_in": sorted(movement.opposed_in), "opposed_by": [Bare(name) for name in movement.opposed_by]}
    return row


def _sumo(site: Imported, channels: tuple[ShownChannel, ...], callers: tuple[Caller, ...]) -> Iterator[str]:
    yield ""
    yield "sumo:"
    yield f"  tls: {flow(site.signal.tls)}"
    yield "  links:"
    for channel in channels:
        yield f"    {channel.number}: {flow(_links_of(site, channel))}"
    yielding = {link: _beside_links(site, link) for link in sorted(site.signal.yields)}
    if any(yielding.values()):
        yield "  yields:"
    for link, foes in yielding.items():
        if foes:
            yield f"    {link}: {flow(foes)}"
    yield "  loops:" if callers else "  loops: {}"
    for caller in callers:
        pieces = [{"lane": p.lane, "from_m": p.from_m, "to_m": p.to_m} for p in _pieces(caller)]
        yield f"    {caller.number}: {flow(pieces)}"
    if site.layout.walks:
        yield "  crossings:"
    for k, walk in enumerate(site.layout.walks, start=1):
        yield f"    {k}: {flow([walk.edge])}"
    if site.signal.on_red:
        yield f"  on_red: {flow(sorted(site.signal.on_red))}"


def _links_of(site: Imported, channel: ShownChannel) -> list[int]:
    """The places of the state string that a channel shows."""
    if channel.walk is not None:
        return sorted((channel.walk.link, *site.signal.links[channel.walk.link].twins))
    return sorted(channel.group.links) if channel.group is not None else []


def _pieces(caller: Caller) -> tuple[SumoLoop, ...]:
    """Where its loop lies."""
    placed = caller.placed
    return {Place.ADVANCE: placed.advance, Place.ZONE: placed.zone}.get(caller.place, placed.stopbar)


def _beside_links(site: Imported, link: int) -> list[int]:
    """The links that one yields to and that may be green with it."""
    beside = {other for p in site.layout.goes_in(link) for other in site.layout.beside(p)}
    return sorted(site.signal.yields[link] & beside)
