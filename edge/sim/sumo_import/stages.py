"""The single ring of stages: what the program of the network shows green together, made complete.

Every stage is a phase of one ring without a barrier, so any of them may follow any other by calls and omits. Links that are
green in the same stages are one signal group; a group that is green in one stage is the channel of that phase, one that is
green in several is an overlap with them as parents and stays green from one to the next.
"""

from collections.abc import Iterable
from collections.abc import Sequence as Row

from edge.model.sequence import Sequence
from edge.model.units import PhaseNumber
from edge.sim.sumo_import.layout import Group, Layout, Walk
from edge.sim.sumo_import.links import Shown, Signal
from edge.sim.sumo_import.net import Network
from edge.sim.sumo_import.problem import NetProblem

MOST_PHASES = 16

SHORTEST_STAGE_S = 5.0
"""RiLSA 2015: no green is shorter."""

Stage = frozenset[int]


def single_ring(net: Network, signal: Signal) -> Layout:
    """The layout of stages one after the other.

    Raises:
        NetProblem: it needs more phases than there are.
    """
    stages = stages_of(signal)
    if len(stages) > MOST_PHASES:
        raise NetProblem(f"traffic light {signal.tls} has {len(stages)} stages; there are {MOST_PHASES} phases")
    phases = tuple(PhaseNumber(k + 1) for k in range(len(stages)))
    walks = tuple(_walk(net, signal, link, stages) for link in (c.index for c in signal.crossings))
    return Layout(
        sequence=Sequence(((phases,),)),
        groups=tuple(_groups(signal, stages)),
        walks=walks,
        moves={p: f"stage {p}" for p in phases},
        dual=False,
    )


def stages_of(signal: Signal) -> tuple[Stage, ...]:
    """The stages of the program without those that add nothing, complete: every link is green in one of them."""
    stages = list(_worthwhile(signal, signal.stages))
    for link in sorted(signal.links):
        if not any(link in stage for stage in stages):
            _place(signal, link, stages)
    return _needed(signal, tuple(_united(signal, [_widened(signal, stage) for stage in stages])))


def _united(signal: Signal, stages: Iterable[Stage]) -> Iterable[Stage]:
    """With one stage of those that show the same vehicles green, and all their walks: each of them fits beside these."""
    walks = frozenset(link.index for link in signal.crossings)
    by_vehicles: dict[Stage, Stage] = {}
    for stage in stages:
        driven = stage - walks
        by_vehicles[driven] = by_vehicles.get(driven, frozenset()) | stage
    return by_vehicles.values()


def _needed(signal: Signal, stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """Without stages whose vehicles all go as well in another one, and whose walks all have one that suits them as well: what
    the program showed alone goes beside others once lanes that meet nobody have joined it."""
    for stage in sorted(stages, key=len):
        rest = tuple(other for other in stages if other is not stage)
        if any(_replaces(signal, stage, other) for other in rest) and _walks_in(signal, stage, rest):
            stages = rest
    return stages


def _replaces(signal: Signal, stage: Stage, other: Stage) -> bool:
    """Whether the vehicles of a stage are served as well in another one."""
    driven = (link.index for link in signal.vehicles if link.index in stage)
    return all(_served(signal, link, other) >= _served(signal, link, stage) for link in driven)


def _walks_in(signal: Signal, stage: Stage, rest: Row[Stage]) -> bool:
    """Whether each walk of a stage is in one of the others beside as few vehicles that must yield to it."""
    walks = (link.index for link in signal.crossings if link.index in stage)
    return all(
        any(walk in other and _yielding(signal, walk, other) <= _yielding(signal, walk, stage) for other in rest)
        for walk in walks
    )


def _yielding(signal: Signal, walk: int, stage: Stage) -> int:
    """How many links of vehicles must yield to a walk in a stage."""
    return sum(signal.is_opposed(v.index, [walk]) for v in signal.vehicles if v.index in stage)


def _worthwhile(signal: Signal, stages: Row[Stage]) -> Iterable[Stage]:
    """Without stages that are part of another one and protect nothing from the vehicles there, or not for long enough.

    A stage in which only the walks of another have ended is how a program without pedestrian phases times their clearance; one
    of few seconds before a greater one is how it lets one street start before the other. (After it, with its yellow, one of
    few seconds clears the turns that had to yield.)
    """
    stages = [stage for stage in stages if not _is_early_start(signal, stage)]
    for k, stage in enumerate(stages):
        others = (other for j, other in enumerate(stages) if stage < other or (stage == other and j < k))
        if not any(
            all(_served(signal, link, other) >= _served(signal, link, stage) for link in stage) for other in others
        ):
            yield stage


def _is_early_start(signal: Signal, stage: Stage) -> bool:
    """Whether the program shows it for few seconds only, and then all of it goes on beside others; together with those that
    lead to it in the same way."""
    driven = frozenset(link for link in stage if not signal.links[link].crossing)
    program = signal.program
    told = [k for k, shown in enumerate(program) if shown.green == driven and not shown.yellow]
    if not told or any(not _grows(program, k) for k in told):
        return False
    return all(_growing_s(program, k) < SHORTEST_STAGE_S for k in told)


def _grows(program: Row[Shown], k: int) -> bool:
    """Whether all that is green in a state goes on in the next beside others."""
    now, after = program[k % len(program)], program[(k + 1) % len(program)]
    return bool(now.green) and now.green < after.green


def _growing_s(program: Row[Shown], k: int) -> float:
    """For how long the states last, s, of which one grows into the other and this one is one."""
    first, last = k, k
    while _grows(program, first - 1) and k - first < len(program):
        first -= 1
    while _grows(program, last + 1) and last - k < len(program):
        last += 1
    return sum(program[j % len(program)].longest_s for j in range(first, last + 1))


def _served(signal: Signal, link: int, stage: Stage) -> int:
    """0: red, 1: green and opposed by vehicles, 2: green and free of them. Whoever walks is across before the green is over."""
    if link not in stage:
        return 0
    vehicles = frozenset(other for other in stage if not signal.links[other].crossing)
    return 1 if signal.is_opposed(link, vehicles) else 2


def _place(signal: Signal, link: int, stages: list[Stage]) -> None:
    """Put a link that is never green into the stage that suits it best, or into one of its own."""
    lane_mates = frozenset(mate for lane in signal.links[link].lanes for mate in signal.of_lane(lane))
    fitting = [k for k, stage in enumerate(stages) if signal.fits([link], stage)]
    if not fitting:
        stages.append(frozenset([link]))
        return
    best = max(fitting, key=lambda k: (len(lane_mates & stages[k]), signal.is_clear([link], stages[k]), -k))
    stages[best] |= {link}


def _widened(signal: Signal, stage: Stage) -> Stage:
    """With every lane that meets nobody who is green in it, such as a sheltered right turn."""
    wide = stage
    for lane in signal.lanes:
        links = signal.of_lane(lane)
        if not links <= wide and signal.is_clear(links - wide, wide) and signal.is_clear(links, links - wide):
            wide |= links
    return wide


def _groups(signal: Signal, stages: Row[Stage]) -> Iterable[Group]:
    vehicles: dict[tuple[PhaseNumber, ...], list[int]] = {}
    for link in signal.vehicles:
        green = tuple(PhaseNumber(k + 1) for k, stage in enumerate(stages) if link.index in stage)
        vehicles.setdefault(green, []).append(link.index)
    for green, links in sorted(vehicles.items()):
        yield Group(frozenset(links), green)


def _walk(net: Network, signal: Signal, link: int, stages: Row[Stage]) -> Walk:
    """The walk of a crossing, with the stage in which the fewest vehicles must yield to it."""
    edge = signal.links[link].crossing
    green = [k for k, stage in enumerate(stages) if link in stage]
    best = min(green, key=lambda k: (_yielding(signal, link, stages[k]), k))
    return Walk(link, edge, PhaseNumber(best + 1), max(lane.length_m for lane in net.edges[edge].lanes))
