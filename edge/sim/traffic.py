"""The plant: all lanes and crossings of a site, stepped with the indications they see, giving the inputs a cabinet would.

The plant knows nothing of control, and its dice know nothing of the plant: every lane and every crossing has a stream of
its own, so the same seed brings the same vehicles at the same instants whatever the signals show. While a channel shows
anything but green nobody new passes it; in flash therefore nobody does (an all-way stop is not modelled).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edge.model.detectors import InputSample
from edge.model.external import WireName, Wires, wire_name
from edge.model.indications import ChannelKind, Indication
from edge.model.site import Site
from edge.model.units import SECOND_MS, TICK_MS, ButtonNumber, ChannelNumber, DetectorNumber, Ms, PhaseNumber
from edge.sim.crossing import ButtonState, Crossing
from edge.sim.demand import Demand, flows_of, pedestrians_per_h
from edge.sim.lane import Lane, LoopState
from edge.sim.layout import lanes_of
from edge.sim.permissive import Permissive

UNSERVED_AFTER_MS: Ms = 300 * SECOND_MS
"""Who was due longer than this before the end and is not through counts as unserved, in both plants and in the benchmark. Ours:
more than two of the longest waits that a site allows (120 s), so that who happens to be on the way at the end is not meant."""


@dataclass(frozen=True, slots=True)
class PlantInputs:
    """What the detector cards and push-buttons say after a step."""

    detectors: Mapping[DetectorNumber, InputSample]
    buttons: Mapping[ButtonNumber, InputSample]
    wires: Wires


@dataclass(frozen=True, slots=True)
class PhaseTraffic:
    """One phase's traffic. Delay in s over all who came, those still there included; queue in vehicles of its longest lane."""

    vehicles: int
    served: int
    unserved: int
    delay_s: float
    p95_delay_s: float
    stops: int
    longest_queue: int


@dataclass(frozen=True, slots=True)
class PedestrianTraffic:
    """All pedestrians: how many came, how many have crossed, and how long they waited (those who still wait included)."""

    arrived: int
    served: int
    mean_wait_s: float
    max_wait_s: float


@dataclass(frozen=True, slots=True)
class PlantReport:
    """The whole junction, and each phase. `ran_red`: vehicles that passed a red because they could not stop any more."""

    total: PhaseTraffic
    pedestrians: PedestrianTraffic
    phases: Mapping[PhaseNumber, PhaseTraffic]
    ran_red: int


class Plant:
    """The traffic of a site. The first step sets where its own time begins."""

    def __init__(self, site: Site, demand: Demand, seed: int) -> None:
        layouts = lanes_of(site)
        flows = flows_of(layouts, site.sequence, demand)
        self._loops = {number: LoopState() for number in site.detectors}
        self._buttons = {number: ButtonState() for number in site.buttons}
        self.lanes = [Lane(layout, self._loops, seed, flows[layout.name].at) for layout in layouts]
        self.crossings = [
            Crossing(phase, self._buttons_of(site, phase), seed, pedestrians_per_h(demand))
            for phase, row in sorted(site.phases.items())
            if row.ped
        ]
        vehicle = _channels(site, ChannelKind.VEHICLE)
        walk = _channels(site, ChannelKind.PEDESTRIAN)
        self._lane_channels = [(lane, vehicle.get(lane.layout.phase)) for lane in self.lanes]
        self._permissive = _permissive(site, self.lanes)
        self._crossing_channels = [(crossing, walk.get(crossing.phase)) for crossing in self.crossings]
        self._phases = sorted(site.phases)
        self._wires = at_rest(site)
        self._began_ms: Ms | None = None
        self._t: Ms = 0

    def _buttons_of(self, site: Site, phase: PhaseNumber) -> dict[ButtonNumber, ButtonState]:
        return {number: self._buttons[number] for number, button in site.buttons.items() if button.phase == phase}

    def step(self, now: Ms, shown: Mapping[ChannelNumber, Indication]) -> PlantInputs:
        """Move on to `now` in whole steps of 100 ms, what is left over kept for the next call; `shown`: the lamps meanwhile.

        A channel that is missing from `shown` is dark.
        """
        if self._began_ms is None:
            self._began_ms = now
        while self._began_ms + self._t + TICK_MS <= now:
            self._t += TICK_MS
            self._step_once(shown)
        return self._inputs(now)

    def _step_once(self, shown: Mapping[ChannelNumber, Indication]) -> None:
        t = self._t
        for lane, channel in self._lane_channels:
            seen = shown.get(channel, Indication.DARK) if channel else Indication.DARK
            if seen is Indication.FLASH_YELLOW_ARROW:
                seen = self._permissive[lane.layout.phase].seen_as(seen)
            lane.step(t, seen)
        for crossing, channel in self._crossing_channels:
            crossing.step(t, shown.get(channel, Indication.DARK) if channel else Indication.DARK)

    def _inputs(self, now: Ms) -> PlantInputs:
        t = self._t
        return PlantInputs(
            {number: InputSample(loop.over > 0, loop.count, now) for number, loop in self._loops.items()},
            {number: InputSample(t < button.until_ms, button.count, now) for number, button in self._buttons.items()},
            {name: InputSample(occupied=closed, count=0, taken_ms=now) for name, closed in self._wires.items()},
        )

    def report(self) -> PlantReport:
        """What the traffic has been through since the beginning."""
        by_phase: dict[PhaseNumber, list[Lane]] = {phase: [] for phase in self._phases}
        for lane in self.lanes:
            by_phase[lane.layout.phase].append(lane)
        return PlantReport(
            total=_traffic(self.lanes),
            pedestrians=_pedestrians(self.crossings),
            phases={phase: _traffic(lanes) for phase, lanes in by_phase.items()},
            ran_red=sum(lane.ran_red for lane in self.lanes),
        )


def at_rest(site: Site) -> dict[WireName, bool]:
    """Every wire as it is while nobody asks, no train, no bus and no police officer: closed where it asks while it is off."""
    inverted = [asks.input for asks in site.inputs if asks.invert]
    inverted += [preempt.input for preempt in site.preempts.values() if preempt.inverted]
    inverted += [priority.input for priority in site.priorities.values() if priority.inverted]
    return {wire_name(ref): ref in inverted for ref in site.wires}


def _channels(site: Site, kind: ChannelKind) -> dict[PhaseNumber, ChannelNumber]:
    """The first channel of each phase, by kind; a left turn without one of its own looks at its flashing arrow."""
    rows = sorted(site.channels.items(), reverse=True)
    arrows = {c.phase: n for n, c in rows if c.kind is ChannelKind.ARROW} if kind is ChannelKind.VEHICLE else {}
    return arrows | {c.phase: n for n, c in rows if c.kind is kind and c.overlap is None}


def _permissive(site: Site, lanes: Sequence[Lane]) -> dict[PhaseNumber, Permissive]:
    """By left-turn phase: the lanes it must yield to under its flashing arrow."""
    arrows = ((o.parents[0], o.opposing) for o in site.overlaps.values() if o.opposing is not None)
    return {left: Permissive([n for n in lanes if n.layout.phase == through]) for left, through in arrows}


def _traffic(lanes: Sequence[Lane]) -> PhaseTraffic:
    delays = sorted(delay for lane in lanes for delay in lane.delays_so_far_s())
    arrived = sum(lane.arrived for lane in lanes)
    served = sum(len(lane.delays_s) for lane in lanes)
    return PhaseTraffic(
        vehicles=arrived,
        served=served,
        unserved=sum(lane.overdue(UNSERVED_AFTER_MS) for lane in lanes),
        delay_s=_mean(delays),
        p95_delay_s=percentile(delays, 95),
        stops=sum(lane.stops for lane in lanes),
        longest_queue=max((lane.longest_queue for lane in lanes), default=0),
    )


def _pedestrians(crossings: Sequence[Crossing]) -> PedestrianTraffic:
    waits_s = [wait / 1000 for crossing in crossings for wait in crossing.waits_so_far_ms()]
    return PedestrianTraffic(
        arrived=sum(crossing.arrived for crossing in crossings),
        served=sum(len(crossing.waits_ms) for crossing in crossings),
        mean_wait_s=_mean(waits_s),
        max_wait_s=max(waits_s, default=0.0),
    )


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 2) if values else 0.0


def percentile(ascending: Sequence[float], percent: int) -> float:
    """The nearest-rank percentile of sorted values, 0 where there are none."""
    if not ascending:
        return 0.0
    rank = -(-percent * len(ascending) // 100)
    return round(ascending[max(rank, 1) - 1], 2)
