"""The monitor's card against the rings and the timing. It is written separately, and it must say the same."""

from collections.abc import Iterator, Mapping
from itertools import combinations

from edge.check.movements import green_together, is_placed, name_of, phases_of
from edge.check.words import listed, s
from edge.config.problems import Findings, Path
from edge.config.read import Draft
from edge.model.indications import ChannelKind, Indication
from edge.model.phases import Phase
from edge.model.site import CardChannel, Channel, Site
from edge.model.units import ChannelNumber, Ms

_PERMISSIVE: Path = ("conflicts", "permissive")


def card_names_channels(draft: Draft, findings: Findings) -> None:
    """The card names channels of this intersection, and no channel beside itself."""
    channels = draft.site.channels
    card = draft.rows.conflicts
    named: dict[Path, ChannelNumber] = {(*_PERMISSIVE, a): a for a in card.permissive}
    named |= {(*_PERMISSIVE, a, k): b for a, others in card.permissive.items() for k, b in enumerate(others)}
    named |= {("conflicts", "channels", a): a for a in card.channels}
    for path, number in named.items():
        if number not in channels:
            what = f"the card names channel {number}, which this intersection does not have"
            findings.cross(path, what, "remove it, or add the channel", [("channels", number)])
        elif len(path) > len(_PERMISSIVE) + 1 and number == path[2]:
            findings.cross(path, f"channel {number} is permitted beside itself", "remove it")


def card_equals_rings(draft: Draft, findings: Findings) -> None:
    """The permissive pairs are exactly those that rings, overlaps and pedestrian movements allow."""
    site = draft.site
    for a, b in combinations(_placed(site), 2):
        allowed = green_together(site, site.channels[a], site.channels[b])
        if allowed != site.card.may_run_together(a, b):
            _disagree(draft, findings, (a, b), allowed=allowed)


def _placed(site: Site) -> list[ChannelNumber]:
    """The channels whose phase stands in a ring; that the others' does not is said elsewhere."""
    return [n for n, c in sorted(site.channels.items()) if is_placed(site, c)]


def _disagree(draft: Draft, findings: Findings, pair: tuple[ChannelNumber, ChannelNumber], *, allowed: bool) -> None:
    a, b = pair
    site = draft.site
    shows = f"channels {a} ({name_of(site, site.channels[a])}) and {b} ({name_of(site, site.channels[b])})"
    uses: list[Path] = [
        ("rings",),
        *_overlaps(site, a),
        *_overlaps(site, b),
        *_of_channel(a),
        *_of_channel(b),
        (*_PERMISSIVE, a),
        (*_PERMISSIVE, b),
    ]
    path = _where_written(draft, a, b)
    if allowed:
        what = f"the rings let {shows} run together, the card does not"
        findings.cross(path, what, f"add {b} to conflicts.permissive.{a}, or part their phases in rings", uses)
    else:
        what = f"the card lets {shows} run together, the rings do not"
        findings.cross(path, what, f"remove {b if path[len(_PERMISSIVE)] == a else a}, or mend rings", uses)


def _of_channel(number: ChannelNumber) -> tuple[Path, ...]:
    return ("channels", number), ("channels", number, "phase"), ("channels", number, "ped")


def _overlaps(site: Site, number: ChannelNumber) -> list[Path]:
    return [("overlaps",)] if site.channels[number].overlap is not None else []


def _where_written(draft: Draft, a: ChannelNumber, b: ChannelNumber) -> Path:
    """The entry of the pair, or where it would stand."""
    permissive = draft.rows.conflicts.permissive
    for owner, other in ((a, b), (b, a)):
        if other in permissive.get(owner, []):
            return (*_PERMISSIVE, owner, permissive[owner].index(other))
    return (*_PERMISSIVE, a) if a in permissive else _PERMISSIVE


def timing_keeps_the_card(draft: Draft, findings: Findings) -> None:
    """Nothing in the timing is shorter than what the monitor would latch for."""
    for card in draft.site.card.channels:
        channel = draft.site.channels[card.number]
        phase = draft.site.phases.get(channel.phase)
        if channel.ped_overlap is not None:
            _walks_keep(card, draft.site, channel.ped_overlap, findings)
        elif phase is not None and channel.overlap is None:
            _keeps(card, phase, findings)


def _walks_keep(card: CardChannel, site: Site, number: int, findings: Findings) -> None:
    """A shared crosswalk walks with each of its phases and clears in its own time."""
    overlap = site.ped_overlaps[number]
    for p in overlap.phases:
        phase = site.phases[p]
        if phase.ped is not None and phase.ped.walk_ms < card.min_walk_ms:
            what = f"phase {p}: walk {s(phase.ped.walk_ms)} s, the card of channel {card.number} wants {s(card.min_walk_ms)} s"
            findings.cross(("phases", p, "walk"), what, f"at least {s(card.min_walk_ms)}", [("conflicts",)])
    if overlap.clearance_ms < card.min_ped_clearance_ms:
        what = f"pedestrian overlap {number} clears in {s(overlap.clearance_ms)} s, the card of channel {card.number} wants "
        least = s(card.min_ped_clearance_ms)
        findings.cross(("ped_overlaps", number), f"{what}{least} s", f"ped_clear: at least {least}", [("conflicts",)])
    if overlap.longest_end_ms < card.min_yellow_and_red_ms:
        end = s(overlap.longest_end_ms)
        what = f"pedestrian overlap {number} is clear after {end} s, the card of channel {card.number} wants "
        least = s(card.min_yellow_and_red_ms)
        findings.cross(("ped_overlaps", number), f"{what}{least} s", "a longer ped_clear", [("conflicts",)])


def _keeps(card: CardChannel, phase: Phase, findings: Findings) -> None:
    for key, minimum, card_key in _minimums(card):
        path: Path = ("phases", phase.number, key)
        has = _timing(phase)[key]
        if has < minimum:
            wanted = f"the card of channel {card.number} wants {s(minimum)} s ({card_key})"
            what = f"phase {phase.number}: {key} {s(has)} s, {wanted}"
            uses: list[Path] = [
                ("conflicts", card_key),
                ("conflicts", "channels", card.number),
                ("channels", card.number),
            ]
            findings.cross(path, what, f"at least {s(minimum)}", uses)
    longest_ped = phase.ped.clearance_ms if phase.ped and card.kind is ChannelKind.PEDESTRIAN else 0
    if longest_ped + phase.change_ms < card.min_yellow_and_red_ms:
        _change_is_short(card, phase, findings)


def _minimums(card: CardChannel) -> Iterator[tuple[str, Ms, str]]:
    """What the card of a channel demands: key of the timing, ms, key of the card."""
    if card.kind is ChannelKind.VEHICLE:
        yield "min_green", card.min_green_ms, "min_green"
        yield "yellow", card.min_yellow_ms, "min_yellow"
    else:
        yield "walk", card.min_walk_ms, "min_walk"
        yield "ped_clear", card.min_ped_clearance_ms, "min_ped_clearance"


def _timing(phase: Phase) -> Mapping[str, Ms]:
    """The timing by its keys; a missing walk is not too short, it is reported as missing."""
    ped = phase.ped
    longest = 1 << 30
    return {
        "min_green": phase.min_green_ms,
        "yellow": phase.yellow_ms,
        "walk": ped.walk_ms if ped else longest,
        "ped_clear": ped.clearance_ms if ped else longest,
    }


def _change_is_short(card: CardChannel, phase: Phase, findings: Findings) -> None:
    total = f"yellow {s(phase.yellow_ms)} + red_clear {s(phase.red_clear_ms)} = {s(phase.change_ms)} s"
    wanted = f"the card of channel {card.number} wants {s(card.min_yellow_and_red_ms)} s (min_yellow_and_red)"
    here: Path = ("phases", phase.number)
    uses: list[Path] = [(*here, "yellow"), ("conflicts", "min_yellow_and_red"), ("conflicts", "channels", card.number)]
    least = max(0, card.min_yellow_and_red_ms - phase.yellow_ms)
    findings.cross((*here, "red_clear"), f"phase {phase.number}: {total}, {wanted}", f"at least {s(least)}", uses)


_WHAT_IT_SHOWS = frozenset({(), ("phase",), ("ped",), ("overlap",)})


def every_movement_is_shown(draft: Draft, findings: Findings) -> None:
    """A phase has a channel, or is a parent of an overlap that has one; a walk has a pedestrian channel, and the reverse."""
    site = draft.site
    spoiled: list[Path] = [
        ("channels",),
        *(p for p in findings.spoiled if p[:1] == ("channels",) and p[2:] in _WHAT_IT_SHOWS),
    ]
    shown = {(c.kind, p) for c in site.channels.values() if c.overlap is None for p in phases_of(site, c)}
    shown |= {(ChannelKind.VEHICLE, p) for c in site.channels.values() if c.overlap for p in phases_of(site, c)}
    driven = {detector.phase for detector in site.detectors.values()}
    for number, phase in site.phases.items():
        here: Path = ("phases", number)
        if (ChannelKind.VEHICLE, number) not in shown and (phase.ped is None or number in driven):
            what = f"no channel shows phase {number}"
            findings.cross(here, what, f"add a row to channels with phase: {number}", [*spoiled, (*here, "walk")])
        if phase.ped is not None and (ChannelKind.PEDESTRIAN, number) not in shown:
            what = f"no channel shows the walk of phase {number}"
            findings.cross((*here, "walk"), what, f"add a row to channels with ped: {number}", spoiled)
    for channel_number, channel in site.channels.items():
        if channel.overlap is None and channel.ped_overlap is None:
            _has_its_phase(site, channel_number, channel, findings)


def _has_its_phase(site: Site, number: ChannelNumber, channel: Channel, findings: Findings) -> None:
    key = "phase" if channel.kind is ChannelKind.VEHICLE else "ped"
    path: Path = ("channels", number, key)
    phase = site.phases.get(channel.phase)
    if phase is None:
        what = f"channel {number} shows phase {channel.phase}, which this intersection does not have"
        findings.cross(path, what, "name a phase of phases", [("phases", channel.phase)])
    elif key == "ped" and phase.ped is None:
        what = f"channel {number} shows the walk of phase {channel.phase}, which has none"
        uses: list[Path] = [("phases", channel.phase, "walk"), ("phases", channel.phase, "ped_clear")]
        findings.cross(path, what, f"add walk and ped_clear to phases.{channel.phase}", uses)


def something_flashes(draft: Draft, findings: Findings) -> None:
    """At least one channel flashes; else flash could not be told from steady operation, by drivers or by the monitor."""
    flashing = {Indication.FLASH_RED, Indication.FLASH_YELLOW}
    if not any(c.flash in flashing for c in draft.site.channels.values()):
        uses = [p for p in findings.spoiled if p[:1] == ("channels",)]
        findings.cross(("channels",), "no channel flashes in flash", "write flash: red or flash: yellow for one", uses)


def flash_yellow_never_meets(draft: Draft, findings: Findings) -> None:
    """No two conflicting channels flash yellow: each would be told that the other stops (MUTCD 4G)."""
    site = draft.site
    yellow = [site.channels[n] for n in _placed(site) if site.channels[n].flash is Indication.FLASH_YELLOW]
    for c in yellow:
        against = [o.number for o in yellow if o.number < c.number and not green_together(site, o, c)]
        if against:
            word = "do conflicting channels" if len(against) > 1 else "does conflicting channel"
            what = f"channel {c.number} flashes yellow, and so {word} {listed(against)}"
            uses: list[Path] = [
                ("rings",),
                ("channels", c.number, "phase"),
                *((("channels", n, "phase")) for n in against),
            ]
            findings.cross(("channels", c.number, "flash"), what, "flash: red for one of them", uses)


RULES = (
    card_names_channels,
    card_equals_rings,
    timing_keeps_the_card,
    every_movement_is_shown,
    something_flashes,
    flash_yellow_never_meets,
)
