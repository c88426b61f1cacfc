"""Overlaps: they follow phases of this intersection, are shown, can keep the card, and a flashing arrow has a list on it."""

from collections.abc import Iterator
from itertools import combinations

from edge.check.movements import arrows_together, flash_together, is_placed, name_of, overlap_of
from edge.check.words import listed, s
from edge.config.convert_overlaps import overlap_path
from edge.config.problems import Findings, Path
from edge.config.read import Draft
from edge.model.indications import ChannelKind
from edge.model.overlaps import Overlap
from edge.model.site import CardChannel, Channel, Site
from edge.model.units import Ms, PhaseNumber

_LIST: Path = ("conflicts", "flashing_arrow")

_PED_BUFFER_MS: Ms = 3_000
"""An overlap waits so long after a pedestrian clearance it does not run with (MUTCD 11th ed. 4I.06)."""


def overlaps_name_phases(draft: Draft, findings: Findings) -> None:
    """Every phase an overlap names stands in a ring; a phase that excepts it is not one it follows."""
    for overlap in draft.site.overlaps.values():
        for path, phase in _named(overlap):
            if phase not in draft.site.sequence.places:
                what = f"this intersection has no phase {phase}"
                findings.cross(path, what, "name a phase of the rings, or remove it", [("rings",)])
        for k, phase in enumerate(overlap.modifiers):
            if phase in (*overlap.parents, overlap.opposing):
                what = f"overlap {overlap.letter} follows phase {phase} and is red beside it"
                findings.cross(overlap_path(overlap.number, "modifiers", k), what, "remove it here or there")


def _named(overlap: Overlap) -> Iterator[tuple[Path, PhaseNumber]]:
    n = overlap.number
    if overlap.opposing is not None:
        yield overlap_path(n, "protected"), overlap.parents[0]
        yield overlap_path(n, "opposing_through"), overlap.opposing
    else:
        yield from ((overlap_path(n, "parents", k), phase) for k, phase in enumerate(overlap.parents))
    for key, phases in (("modifiers", overlap.modifiers), ("not_with_ped", overlap.not_with_ped)):
        yield from ((overlap_path(n, key, k), phase) for k, phase in enumerate(phases))


def arrows_turn_against_their_through(draft: Draft, findings: Findings) -> None:
    """The protected left turn and the oncoming through are never green together: else the arrow would have to be both."""
    site = draft.site
    for overlap in site.overlaps.values():
        if overlap.opposing is None or not {overlap.parents[0], overlap.opposing} <= site.sequence.places.keys():
            continue
        if site.sequence.concurrent(overlap.parents[0], overlap.opposing):
            what = f"phases {overlap.parents[0]} and {overlap.opposing} may be green together"
            path = overlap_path(overlap.number, "opposing_through")
            findings.cross(
                path, what, "name the oncoming through phase, which conflicts with the left turn", [("rings",)]
            )


def walks_that_except_exist(draft: Draft, findings: Findings) -> None:
    """Not beside a walk: then that phase has one, and the wait after it is what the card asks."""
    site = draft.site
    for overlap in site.overlaps.values():
        for k, number in enumerate(overlap.not_with_ped):
            path = overlap_path(overlap.number, "not_with_ped", k)
            phase = site.phases.get(number)
            if phase is None:
                continue
            if phase.ped is None:
                uses: list[Path] = [("phases", number, "walk"), ("phases", number, "ped_clear")]
                findings.cross(path, f"phase {number} has no walk", "remove it", uses)
                continue
            for card, least in _walks(site, number):
                if least < card.min_yellow_and_red_ms:
                    what = f"overlap {overlap.letter} begins {s(least)} s after walk {number}"
                    wanted = f"the card of channel {card.number} wants {s(card.min_yellow_and_red_ms)} s"
                    findings.cross(
                        path, f"{what}, {wanted} (min_yellow_and_red)", "a longer ped_clear", [("conflicts",)]
                    )


def _walks(site: Site, phase: PhaseNumber) -> Iterator[tuple[CardChannel, Ms]]:
    """The heads that show the walk of a phase, and how long after its end an overlap may begin that excepts it."""
    for card in site.card.channels:
        channel, ped = site.channels[card.number], site.phases[phase].ped
        if channel.ped_overlap is not None and phase in site.ped_overlaps[channel.ped_overlap].phases:
            yield card, site.ped_overlaps[channel.ped_overlap].clearance_ms + _PED_BUFFER_MS
        elif channel.ped_overlap is None and channel.kind is ChannelKind.PEDESTRIAN and channel.phase == phase and ped:
            yield card, ped.clearance_ms + _PED_BUFFER_MS


def shared_walks_are_excepted_whole(draft: Draft, findings: Findings) -> None:
    """Not beside a walk on a shared crosswalk: then beside none of its walks, for the same people walk on it."""
    site = draft.site
    for overlap in site.overlaps.values():
        excepted = set(overlap.not_with_ped)
        for shared in site.ped_overlaps.values():
            missing = [p for p in shared.phases if p not in excepted]
            if missing and len(missing) < len(shared.phases):
                here = next(p for p in shared.phases if p in excepted)
                crosswalk = f"the crosswalk of pedestrian overlap {shared.number}"
                what = f"overlap {overlap.letter} is red beside walk {here} on {crosswalk}, not beside walk {listed(missing)}"
                path = overlap_path(overlap.number, "not_with_ped")
                findings.cross(
                    path, what, f"add {listed(missing)}, or remove {here}", [("ped_overlaps", shared.number)]
                )


def overlaps_are_shown(draft: Draft, findings: Findings) -> None:
    """An overlap has a channel. A flashing arrow has one: two heads of one left turn hang on one load switch."""
    site = draft.site
    for overlap in site.overlaps.values():
        on = [c.number for c in site.channels.values() if c.overlap == overlap.number]
        if not on:
            spoiled = [p for p in findings.spoiled if p[:1] == ("channels",)]
            what = f"no channel shows overlap {overlap.letter}"
            findings.cross(
                overlap_path(overlap.number), what, f"add a row to channels with overlap: {overlap.letter}", spoiled
            )
        for number in on[1:] if overlap.opposing is not None else ():
            what = f"channel {on[0]} shows overlap {overlap.letter} already"
            findings.cross(("channels", number, "overlap"), what, "wire both heads to one channel")


def overlaps_keep_the_card(draft: Draft, findings: Findings) -> None:
    """Nothing in the timing of an overlap is shorter than what the monitor would latch for."""
    for card in draft.site.card.channels:
        overlap = overlap_of(draft.site, draft.site.channels[card.number])
        if overlap is not None:
            _keeps(card, overlap, findings)


def _keeps(card: CardChannel, overlap: Overlap, findings: Findings) -> None:
    here = overlap_path(overlap.number)
    uses: list[Path] = [("conflicts",), ("channels", card.number), *(("phases", p) for p in overlap.parents)]
    least_red = card.min_yellow_and_red_ms - overlap.yellow_ms
    for key, has, wanted, card_key in (
        ("min_green", overlap.min_green_ms, card.min_green_ms, "min_green"),
        ("yellow", overlap.yellow_ms, card.min_yellow_ms, "min_yellow"),
        ("red_clear", overlap.red_clear_ms, least_red, "min_yellow_and_red"),
    ):
        if has < wanted:
            what = f"overlap {overlap.letter}: {key} {s(has)} s"
            why = f"the card of channel {card.number} wants {s(wanted)} s ({card_key})"
            findings.cross(here, f"{what}, {why}", f"{key}: at least {s(wanted)}", [*uses, (*here, key)])


def arrow_lists_name_arrows(draft: Draft, findings: Findings) -> None:
    """A list of what may run beside a flashing arrow belongs to a flashing arrow and names channels."""
    channels = draft.site.channels
    for a, others in draft.rows.conflicts.flashing_arrow.items():
        channel = channels.get(a)
        if channel is None or channel.kind is not ChannelKind.ARROW:
            what = f"channel {a} has no flashing arrow"
            uses: list[Path] = [("channels", a), ("overlaps",)]
            findings.cross((*_LIST, a), what, "remove it, or show a flashing-yellow-arrow overlap there", uses)
        for k, b in enumerate(others):
            path: Path = (*_LIST, a, k)
            if b not in channels:
                what = f"the card names channel {b}, which this intersection does not have"
                findings.cross(path, what, "remove it, or add the channel", [("channels", b)])
            elif a == b:
                findings.cross(path, f"channel {a} is permitted beside itself", "remove it")


def arrow_lists_equal_rings(draft: Draft, findings: Findings) -> None:
    """What the card lets run beside a flashing arrow is exactly what may run beside the opposing through."""
    site = draft.site
    placed = [c for _, c in sorted(site.channels.items()) if is_placed(site, c)]
    arrows = [c for c in placed if c.kind is ChannelKind.ARROW]
    for a in arrows:
        for b in placed:
            if a is not b and flash_together(site, a, b) != site.card.may_flash_beside(a.number, b.number):
                _disagree(draft, findings, a, b)
    for a, b in combinations(arrows, 2):
        listed_both = flash_together(site, a, b) and flash_together(site, b, a)
        if arrows_together(site, a, b) and not listed_both:
            what = f"the arrows of channels {a.number} and {b.number} may flash together"
            why = "but one of them not beside the other's green arrow; no card can say that"
            findings.cross(
                ("channels", b.number), f"{what}, {why}", "show them on one channel", [("rings",), ("overlaps",)]
            )


def _disagree(draft: Draft, findings: Findings, a: Channel, b: Channel) -> None:
    shows = f"channel {b.number} ({name_of(draft.site, b)})"
    uses: list[Path] = [("rings",), ("overlaps",), ("channels", a.number), ("channels", b.number), (*_LIST, a.number)]
    listed = draft.rows.conflicts.flashing_arrow.get(a.number, [])
    if b.number in listed:
        what = f"the card lets {shows} run beside the flashing arrow of channel {a.number}, the rings do not"
        findings.cross((*_LIST, a.number, listed.index(b.number)), what, f"remove {b.number}, or mend rings", uses)
    else:
        what = f"the rings let {shows} run beside the flashing arrow of channel {a.number}, the card does not"
        path = (*_LIST, a.number) if listed else _LIST
        findings.cross(path, what, f"add {b.number} to conflicts.flashing_arrow.{a.number}", uses)


RULES = (
    overlaps_name_phases,
    arrows_turn_against_their_through,
    walks_that_except_exist,
    shared_walks_are_excepted_whole,
    overlaps_are_shown,
    overlaps_keep_the_card,
    arrow_lists_name_arrows,
    arrow_lists_equal_rings,
)
