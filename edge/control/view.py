"""What those who ask may look at: the phases as they stand, the demand, the wires and the time. Read-only.

One `View` lives as long as the controller; the controller alone writes its per-tick members, before anybody asks.
"""

from collections.abc import Iterator, Mapping

from edge.control.calls import PhaseCalls
from edge.control.intervals import PhaseMachine
from edge.control.rings import Rings
from edge.model.detectors import InputRef
from edge.model.exchange import Interval, PedInterval
from edge.model.external import Wires, wire_name
from edge.model.phases import Recall
from edge.model.plans import LocalTime
from edge.model.site import Site
from edge.model.units import Ms, PhaseNumber, PlanNumber

_CALLING = frozenset({Recall.MIN, Recall.MAX})


class View:
    """The engine at one tick. `reference_ms`: ms since local midnight, or freely counted without a trusted clock.

    `now` is the phase clock, which stop time stops; `heard_ms` the monotonic instant of this tick.
    `local`: local time, None where the clock may not be trusted. `plan`: the plan that runs, None for free. `wires`:
    general-purpose inputs as heard in this tick.
    """

    __slots__ = (
        "_calls", "_machines", "_rings", "_stale_ms", "heard_ms", "local", "now", "plan", "reference_ms", "site", "wires",
    )  # fmt: skip

    def __init__(
        self,
        site: Site,
        machines: Mapping[PhaseNumber, PhaseMachine],
        calls: Mapping[PhaseNumber, PhaseCalls],
        rings: Rings,
        now: Ms,
    ) -> None:
        self.site = site
        self._machines = machines
        self._calls = calls
        self._rings = rings
        self._stale_ms = {name: device.options.stale_after_ms for name, device in site.devices.items()}
        self.now = now
        self.heard_ms = now
        self.reference_ms = now
        self.local: LocalTime | None = None
        self.plan: PlanNumber | None = None
        self.wires: Wires = {}

    # ── phases ──
    def greens(self) -> Iterator[PhaseNumber]:
        """The phases in green."""
        return (n for n, machine in self._machines.items() if machine.is_green)

    def is_green(self, phase: PhaseNumber) -> bool:
        """Whether the phase is in green."""
        return self._machines[phase].is_green

    def is_on(self, phase: PhaseNumber) -> bool:
        """Whether the phase is being served: green, or on its way to it."""
        return self._machines[phase].is_on

    @property
    def coming(self) -> frozenset[PhaseNumber]:
        """The phases that have been decided to come next, or have begun to and are not green yet."""
        return self._rings.coming

    @property
    def group(self) -> int:
        """The barrier group that is being served."""
        return self._rings.group

    def interval(self, phase: PhaseNumber) -> Interval:
        """The vehicle interval of the phase."""
        return self._machines[phase].interval

    def ped(self, phase: PhaseNumber) -> PedInterval:
        """The pedestrian interval of the phase."""
        return self._machines[phase].ped

    def in_interval_ms(self, phase: PhaseNumber) -> Ms:
        """How long the vehicle interval of the phase has lasted."""
        return self.now - self._machines[phase].since

    def in_ped_interval_ms(self, phase: PhaseNumber) -> Ms:
        """How long the pedestrian interval of the phase has lasted."""
        return self.now - self._machines[phase].ped_since

    def green_ms(self, phase: PhaseNumber) -> Ms:
        """How long the phase has been green; 0 where it is not."""
        machine = self._machines[phase]
        return self.now - machine.green_began if machine.is_green else 0

    def clear_in_ms(self, ending: PhaseNumber, starting: PhaseNumber) -> Ms:
        """How long `ending` stands in the way of `starting` at the least: the rest of its shortest green, and its clearance."""
        machine = self._machines[ending]
        clearance = self.site.clearance_ms(ending, starting)
        if machine.is_on and not machine.is_green:
            return machine.minimum_ms + clearance
        if not machine.is_green:
            return max(0, clearance - (self.now - machine.green_ended))
        return self.minimum_left_ms(ending) + clearance

    def minimum_left_ms(self, phase: PhaseNumber) -> Ms:
        """What must still pass before the green of `phase` may end; all of its minimum on the way to green, 0 in red."""
        machine = self._machines[phase]
        if not machine.is_green:
            return machine.minimum_ms if machine.is_on else 0
        left = machine.minimum_ms - (self.now - machine.green_began)
        ped = machine.timing.ped
        if ped is not None and machine.ped is not PedInterval.DONT_WALK:
            walking = ped.total_ms if machine.ped is PedInterval.WALK else ped.clearance_ms
            left = max(left, walking - (self.now - machine.ped_since))
        return max(0, left)

    # ── demand ──
    def vehicle_call(self, phase: PhaseNumber) -> bool:
        """Whether a vehicle call is registered and not served."""
        return self._calls[phase].vehicle

    def ped_call(self, phase: PhaseNumber) -> bool:
        """Whether a pedestrian call is registered and not served."""
        return self._calls[phase].ped

    def vehicle_demand(self, phase: PhaseNumber) -> bool:
        """Whether vehicles want the phase: a call, or a recall stronger than soft."""
        calls = self._calls[phase]
        return calls.vehicle or calls.standing in _CALLING

    def demands(self, phase: PhaseNumber) -> bool:
        """Whether the phase wants to be served: a call, or a recall stronger than soft."""
        return self._calls[phase].demands

    def waits_for_walk(self, phase: PhaseNumber) -> bool:
        """Whether somebody may be waiting for the walk: a press, or a recall of it."""
        calls = self._calls[phase]
        return calls.ped or calls.ped_recall

    def waiting_since(self, phase: PhaseNumber) -> Ms | None:
        """When the oldest real call was registered, on the phase clock; None where nobody waits."""
        return self._calls[phase].waiting_since

    def gapped(self, phase: PhaseNumber) -> bool:
        """Whether its passage time has run out."""
        return self._calls[phase].gapped(self.now)

    def opposed_since(self, phase: PhaseNumber) -> Ms | None:
        """Since when its green has been opposed; None while nobody opposes it."""
        return self._rings.opposed_since(phase)

    def max_left_ms(self, phase: PhaseNumber) -> Ms | None:
        """What is left of its maximum green; None while that is not timed."""
        return self._rings.max_left_ms(self.now, phase)

    # ── wires ──
    def wire_on(self, ref: InputRef) -> bool | None:
        """Whether a general-purpose input is on; None where nothing valid has been heard of it."""
        sample = self.wires.get(wire_name(ref))
        if sample is None or not sample.ok or self.heard_ms - sample.taken_ms > self._stale_ms.get(ref.device, 0):
            return None
        return sample.occupied
