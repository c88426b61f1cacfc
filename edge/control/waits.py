"""How long anybody may have to wait: the bound behind which a call that is not served is a fault."""

from edge.model.site import Site
from edge.model.units import Ms, PhaseNumber


def longest_wait_ms(site: Site) -> Ms:
    """The longest a call can wait for its green in actuated operation: twice the longest cycle the timing allows.

    With more than two rings, as many times as there are rings: they may join a barrier group late, one after the other.
    """
    worst_intergreen = max(site.intergreen.values(), default=0)

    def longest(phase: PhaseNumber) -> Ms:
        p = site.phases[phase]
        clearance = p.green_blink_ms + max(p.change_ms + p.red_yellow_ms, worst_intergreen)
        clearance += max(site.options.red_revert_ms, p.red_revert_ms, p.min_red_ms)
        return p.longest_max_ms + p.longest_initial_ms + clearance + site.longest_overlap_end_ms

    groups = range(site.sequence.group_count)
    times = max(2, len(site.sequence.rings))
    return times * sum(max(sum(longest(p) for p in ring[g]) for ring in site.sequence.rings) for g in groups)
