"""How long anybody may have to wait: the bound behind which a call that is not served is a fault."""

from collections.abc import Callable, Mapping

from edge.control.askers import Strategy
from edge.control.calls import PhaseCalls
from edge.model.adaptive import AdaptiveMode
from edge.model.site import Site
from edge.model.units import Ms, PhaseNumber


def longest_wait_ms(site: Site, *, held: bool = False) -> Ms:
    """The longest a call can wait for its green in actuated operation: twice the longest cycle the timing allows.

    With more than two rings, as many times as there are rings: they may join a barrier group late, one after the other.
    `held`: with greens as long as the adaptive layer may hold them.
    """
    worst_intergreen = max(site.intergreen.values(), default=0)

    def longest(phase: PhaseNumber) -> Ms:
        p = site.phases[phase]
        clearance = p.green_blink_ms + max(p.change_ms + p.red_yellow_ms, worst_intergreen)
        clearance += max(site.options.red_revert_ms, p.red_revert_ms, p.min_red_ms)
        longest_green_ms = max(p.longest_max_ms, site.adaptive.longest_hold_ms(p) if held else 0)
        return longest_green_ms + p.longest_initial_ms + clearance + site.longest_overlap_end_ms

    groups = range(site.sequence.group_count)
    times = max(2, len(site.sequence.rings))
    return times * sum(max(sum(longest(p) for p in ring[g]) for ring in site.sequence.rings) for g in groups)


def longest_advised_wait_ms(site: Site) -> Ms:
    """The longest a call can wait while the adaptive layer may act, whatever it asks for.

    Until a call has waited as long as the site allows, its phase may be left out of the sequence. From then on it is never
    left out, and no green that conflicts with it is held: to it the other phases are traffic that comes and goes, so it is
    served within the actuated bound, told with the longest green that may be held beside it (docs/architecture.md).
    """
    rules = site.adaptive
    return max(rules.max_wait_ms, rules.ped_max_wait_ms) + longest_wait_ms(site, held=True)


class WaitGuard:
    """Finds the calls that have waited longer than anybody may have to. `is_green`: whether a phase is being served."""

    def __init__(
        self, site: Site, calls: Mapping[PhaseNumber, PhaseCalls], is_green: Callable[[PhaseNumber], bool]
    ) -> None:
        acts = site.adaptive.mode is AdaptiveMode.ACT
        self._free_ms = longest_advised_wait_ms(site) if acts else longest_wait_ms(site)
        self._calls = calls
        self._is_green = is_green

    def late(self, now: Ms, phase_now: Ms, ran_since: Ms, strategy: Strategy | None) -> list[PhaseNumber]:
        """The phases that have waited longer than any cycle may take, or than the running plan allows.

        A site whose adaptive layer may act has one limit for free operation, whether it acts at the moment or not: who has
        waited for it has waited. A wait since before `ran_since` was made by flash, a long cycle or somebody with more right.
        """
        limit = self._free_ms if strategy is None else strategy.longest_wait_ms
        if limit is None or ran_since > now - limit:
            return []
        earliest = phase_now - limit
        waits = ((n, c.waiting_since) for n, c in self._calls.items() if not self._is_green(n))
        late = [n for n, since in waits if since is not None and since < earliest]
        return [n for n in late if n not in strategy.never_served()] if strategy else late
