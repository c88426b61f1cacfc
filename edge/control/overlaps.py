"""Overlaps: movements that follow phases, and that phases must wait for.

Rules
    1. An overlap begins only beside the green of one of its phases, so whoever conflicts with it is red and cleared then.
    2. It ends behind its minimum green and clears with its own yellow and red clearance, whatever its phases do meanwhile.
    3. Who conflicts with an overlap starts only when it is red and cleared (`gives_way`); asking makes it end. An overlap
       waits for nobody in order to end, so nobody waits for ever.
    4. A phase conflicts with an overlap if it conflicts with every one of its parents, or is one of its modifiers; a walk
       conflicts if its phase does or stands in `not_with_ped`. The flashing arrow of a left turn has conflicts of its own,
       those of the opposing through.

Theory of operation. In every tick the clock moves yellows and clearances first (`time`), so that the rings find clear what
is clear. After the rings (`follow`), what is green or flashing goes on while a parent is green, or one is `coming` (it was
decided when the last green ended), else trails and ends; what is red begins if it may. An overlap
that somebody has asked for way ends behind its minimum, and does not begin.
"""

from collections.abc import Iterable, Mapping

from edge.control.intervals import PhaseMachine
from edge.control.overlap_machine import OverlapMachine
from edge.control.ped_overlaps import PedOverlaps
from edge.model.events import Event
from edge.model.exchange import Interval, OverlapStatus, PedInterval
from edge.model.overlaps import Overlap, OverlapInterval
from edge.model.site import Site
from edge.model.units import Ms, OverlapNumber, PhaseNumber

Phases = frozenset[PhaseNumber]
_NOBODY: Phases = frozenset()

PED_BUFFER_MS: Ms = 3_000
"""From the end of a pedestrian clearance to a conflicting green (MUTCD 11th ed. 4I.06: buffer of at least 3 s)."""

_CLEARING = frozenset({OverlapInterval.YELLOW_CHANGE, OverlapInterval.RED_CLEARANCE})


class _Follower:
    """One overlap, its machine, and who conflicts with it. `asked`: in this tick somebody waits for it to be red.

    `yielded`: the green phases for whose walk it has ended. It does not begin again before that walk does, or calls that
    come and go could put the walk off for ever.
    """

    __slots__ = ("against_arrow", "against_green", "asked", "machine", "overlap", "parents", "yielded")

    def __init__(self, overlap: Overlap, conflicts: Mapping[PhaseNumber, Phases], now: Ms) -> None:
        self.overlap = overlap
        self.parents = frozenset(overlap.parents)
        modifiers = frozenset(overlap.modifiers)
        self.against_green = modifiers | frozenset.intersection(*(conflicts[p] for p in overlap.parents))
        self.against_arrow = modifiers | (conflicts[overlap.opposing] if overlap.opposing is not None else _NOBODY)
        self.machine = OverlapMachine(overlap, now)
        self.asked = False
        self.yielded: Phases = _NOBODY

    @property
    def against(self) -> Phases:
        """Who may not start beside what it shows, or is clearing from."""
        return self.against_arrow if self.machine.arrow else self.against_green

    @property
    def is_red(self) -> bool:
        """Whether it is red and cleared."""
        return self.machine.interval is OverlapInterval.RED


class Overlaps:
    """All overlaps of a site over its phase machines, which the controller owns."""

    def __init__(
        self, site: Site, machines: Mapping[PhaseNumber, PhaseMachine], ped_overlaps: PedOverlaps, now: Ms
    ) -> None:
        self._site = site
        self._machines = machines
        self._ped_overlaps = ped_overlaps
        self._revert_ms = site.options.red_revert_ms
        self._conflicts = {p: frozenset(site.sequence.conflicts(p)) for p in site.phases}
        self._followers = [_Follower(o, self._conflicts, now) for _, o in sorted(site.overlaps.items())]

    def forget(self, now: Ms) -> list[Event]:
        """All lamps were made red from outside: flash. The events that end what was running."""
        events = [event for f in self._followers for event in f.machine.cut()]
        overlaps = [f.overlap for f in self._followers]
        self._followers = [_Follower(o, self._conflicts, now) for o in overlaps]
        return events

    @property
    def all_red(self) -> bool:
        """Whether every overlap is red and cleared."""
        return all(f.is_red for f in self._followers)

    def intervals(self) -> Iterable[tuple[OverlapNumber, OverlapInterval]]:
        """Every overlap and its interval."""
        return ((f.overlap.number, f.machine.interval) for f in self._followers)

    # ── what the rings ask ──────────────────────────────────────────────────────────────────────

    def give_way(self, phase: PhaseNumber, *, walk: bool) -> bool:
        """Whether `phase` may start as far as overlaps go, with its walk if asked. Those in its way are asked to end."""
        free = True
        for f in self._followers:
            stands = phase in f.against or (walk and phase in f.overlap.not_with_ped)
            if stands and not f.is_red:
                f.asked = True
                free = False
        return free

    def give_walk(self, phase: PhaseNumber) -> bool:
        """Whether the walk of the green phase `phase` may begin. Those in its way are asked to end."""
        free = True
        for f in self._followers:
            if phase in f.overlap.not_with_ped and not f.is_red:
                f.asked = True
                f.yielded |= {phase}
                free = False
        return free

    # ── following ───────────────────────────────────────────────────────────────────────────────

    def time(self, now: Ms) -> list[Event]:
        """Before the rings: let yellows and clearances time."""
        return [event for f in self._followers for event in f.machine.tick(now)]

    def follow(self, now: Ms, coming: Phases, walks: Phases, *, may_begin: bool = True) -> list[Event]:
        """After the rings. `coming`: the phases decided to come next; `walks`: for whom a walk is wanted."""
        events: list[Event] = []
        for f in self._followers:
            if f.machine.is_moving:
                events += self._go_on(now, f, coming, walks)
            elif f.is_red and may_begin and not f.asked:
                f.yielded = frozenset(p for p in f.yielded if p in walks and self._machines[p].is_green)
                events += self._begin(now, f, coming)
            f.asked = False
        return events

    def _go_on(self, now: Ms, f: _Follower, coming: Phases, walks: Phases) -> list[Event]:
        """Keep a green or a flashing arrow, or end it."""
        machine = f.machine
        green, pressed = self._parent_is_green(f), self._is_pressed(f, coming, walks)
        if machine.interval is OverlapInterval.TRAILING_GREEN:
            if now - machine.since < f.overlap.trailing_green_ms:
                return []
            if not pressed and (green or not f.parents.isdisjoint(coming)):
                machine.resume(now)
                return []
        elif not pressed and (green or (not machine.arrow and not f.parents.isdisjoint(coming))):
            return []
        elif machine.interval is OverlapInterval.GREEN and f.overlap.trailing_green_ms and not green:
            return machine.trail(now)
        return machine.end(now) if machine.may_end(now) else []

    def _parent_is_green(self, f: _Follower) -> bool:
        """Whether a phase is green that the overlap's present right-of-way is derived from."""
        if f.machine.arrow:
            return f.overlap.opposing is not None and self._machines[f.overlap.opposing].is_green
        return any(self._machines[p].is_green for p in f.overlap.parents)

    def _is_pressed(self, f: _Follower, coming: Phases, walks: Phases) -> bool:
        """Whether somebody waits, or is about to wait, for the overlap to be red."""
        if f.asked or not coming.isdisjoint(f.against):
            return True
        return any(p in coming and p in walks for p in f.overlap.not_with_ped)

    def _begin(self, now: Ms, f: _Follower, coming: Phases) -> list[Event]:
        """Begin the green beside a parent, or the flashing arrow beside the opposing through."""
        arrow = self._right(now, f.overlap)
        if arrow is None or not f.machine.may_begin(now, self._revert_ms, arrow=arrow):
            return []
        against = f.against_arrow if arrow else f.against_green
        if not coming.isdisjoint(against) or any(self._machines[p].interval is not Interval.RED for p in against):
            return []
        if f.yielded or any(self._walks(now, p) for p in f.overlap.not_with_ped):
            return []
        return f.machine.begin(now, self._revert_ms, arrow=arrow)

    def _right(self, now: Ms, overlap: Overlap) -> bool | None:
        """What it may show beside the greens of now: True the flashing arrow, False green, None neither."""
        greens = [self._machines[p] for p in overlap.parents if self._machines[p].is_green]
        if overlap.opposing is None:
            return False if any(now - m.green_began >= overlap.delay_ms for m in greens) else None
        if greens:
            return False
        opposing = self._machines[overlap.opposing]
        return True if opposing.is_green and now - opposing.green_began >= overlap.delay_ms else None

    def _walks(self, now: Ms, phase: PhaseNumber) -> bool:
        """Whether somebody may still be on the crosswalk of `phase`, or is promised its walk with the green that comes."""
        machine = self._machines[phase]
        own = machine.walk_waits or machine.ped is not PedInterval.DONT_WALK or now - machine.ped_since < PED_BUFFER_MS
        return own or self._ped_overlaps.walks_for(now, phase, PED_BUFFER_MS)

    # ── for the screen ──────────────────────────────────────────────────────────────────────────

    def statuses(self, now: Ms) -> tuple[OverlapStatus, ...]:
        """Every overlap, and why it shows what it shows."""
        return tuple(
            OverlapStatus(f.overlap.number, f.machine.interval, now - f.machine.since, self._reason(now, f))
            for f in self._followers
        )

    def _reason(self, now: Ms, f: _Follower) -> str:
        o, interval = f.overlap, f.machine.interval
        if interval is OverlapInterval.RED:
            return self._why_red(now, f)
        if interval in _CLEARING:
            return interval.name.lower().replace("_", " ")
        if interval is OverlapInterval.TRAILING_GREEN:
            return "trailing green"
        sources = (o.opposing,) if f.machine.arrow else o.parents
        green = [p for p in sources if p is not None and self._machines[p].is_green]
        if green:
            return f"beside phase {' and '.join(map(str, green))}"
        return "into the next phase, or until its minimum is over"

    def _why_red(self, now: Ms, f: _Follower) -> str:
        o = f.overlap
        sources = o.parents if o.opposing is None else (*o.parents, o.opposing)
        if not any(self._machines[p].is_green for p in sources):
            return "none of its phases is green"
        for p in o.not_with_ped:
            if self._walks(now, p):
                return f"phase {p} walks"
        for p in o.modifiers:
            if self._machines[p].interval is not Interval.RED:
                return f"phase {p} is on"
        return "its delay or its red is timing"
