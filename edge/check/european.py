"""Red and amber, green blink, minimum red and steady pedestrian clearances: the timing against the monitor's card."""

from edge.check.words import s
from edge.config.problems import Findings, Path
from edge.config.read import Draft
from edge.model.indications import ChannelKind
from edge.model.ped_overlaps import PedOverlap
from edge.model.phases import Phase
from edge.model.site import CardChannel
from edge.model.units import Ms


def _uses(card: CardChannel, key: str) -> list[Path]:
    return [("conflicts", key), ("conflicts", "channels", card.number), ("channels", card.number)]


def heads_show_what_the_card_says(draft: Draft, findings: Findings) -> None:
    """Each head of a phase has red and amber, blinks, and clears its walk as the card says."""
    site = draft.site
    for card in site.card.channels:
        channel = site.channels[card.number]
        phase = site.phases.get(channel.phase)
        if phase is None:
            continue
        if channel.ped_overlap is not None:
            _shared_display(card, site.ped_overlaps[channel.ped_overlap], findings)
        elif channel.kind is ChannelKind.PEDESTRIAN:
            _ped_display(card, phase, findings)
        elif channel.overlap is None:
            _red_yellow(card, phase, findings)
            _green_blink(card, phase, findings)
            _red(card, phase, site.options.red_revert_ms, findings)
        elif card.max_red_yellow_ms or card.min_green_blink_ms:
            what = f"channel {card.number} shows an overlap, which has neither red and amber nor a green that blinks"
            findings.cross(("conflicts", "channels", card.number), what, "remove it")


def _red_yellow(card: CardChannel, phase: Phase, findings: Findings) -> None:
    has, least, most = phase.red_yellow_ms, card.min_red_yellow_ms, card.max_red_yellow_ms
    if least > most:
        what = f"channel {card.number} must show red and amber for {s(least)} s, and may for {s(most)} s"
        findings.cross(_card_path(card), what, f"max_red_yellow: at least {s(least)}", _uses(card, "max_red_yellow"))
    elif bool(has) != bool(most) or not least <= has <= most:
        wanted = f"{s(least)} to {s(most)} s (min_red_yellow, max_red_yellow)" if most else "none (max_red_yellow 0)"
        what = f"phase {phase.number}: red_yellow {s(has)} s, the card of channel {card.number} wants {wanted}"
        write = f"{s(max(least, min(has or most, most)))}, or mend the card"
        uses = [*_uses(card, "max_red_yellow"), ("conflicts", "min_red_yellow")]
        findings.cross(("phases", phase.number, "red_yellow"), what, write, uses)


def _green_blink(card: CardChannel, phase: Phase, findings: Findings) -> None:
    has, least = phase.green_blink_ms, card.min_green_blink_ms
    if bool(has) != bool(least) or has < least:
        wanted = f"at least {s(least)} s" if least else "none"
        what = f"phase {phase.number}: green_blink {s(has)} s, the card of channel {card.number} wants {wanted}"
        path: Path = ("phases", phase.number, "green_blink")
        findings.cross(path, what, f"{s(least)}, or mend the card (green_blink)", _uses(card, "green_blink"))


def _red(card: CardChannel, phase: Phase, revert_ms: Ms, findings: Findings) -> None:
    has = max(phase.min_red_ms, phase.red_revert_ms, revert_ms)
    if has < card.min_red_ms:
        what = f"phase {phase.number} is red for {s(has)} s at least, the card of channel {card.number} wants "
        uses = [*_uses(card, "min_red"), ("options", "red_revert")]
        path: Path = ("phases", phase.number, "min_red")
        findings.cross(path, f"{what}{s(card.min_red_ms)} s (min_red)", f"at least {s(card.min_red_ms)}", uses)


def _ped_display(card: CardChannel, phase: Phase, findings: Findings) -> None:
    if phase.ped is None or phase.ped.steady_clearance == card.steady_clearance:
        return
    has, wanted = ("steady", "flashing") if phase.ped.steady_clearance else ("flashing", "steady")
    what = f"phase {phase.number} clears its walk {has}, the card of channel {card.number} says {wanted} (ped_display)"
    path: Path = ("phases", phase.number, "ped_display")
    findings.cross(path, what, f"{wanted}, or mend the card", _uses(card, "ped_display"))


def _shared_display(card: CardChannel, overlap: PedOverlap, findings: Findings) -> None:
    if overlap.steady_clearance != card.steady_clearance:
        has = "steady" if overlap.steady_clearance else "flashing"
        what = f"pedestrian overlap {overlap.number} clears {has}, the card of channel {card.number} does not (ped_display)"
        path: Path = ("ped_overlaps", overlap.number)
        findings.cross(path, what, "the same in ped_display of its phases and of the card", _uses(card, "ped_display"))


def _card_path(card: CardChannel) -> Path:
    return ("conflicts", "channels", card.number)


def the_start_keeps_the_least_red(draft: Draft, findings: Findings) -> None:
    """All red at the start is no shorter than the red the monitor wants before a first red and amber."""
    least = max((card.min_red_ms for card in draft.site.card.channels), default=0)
    has = draft.site.start_up.all_red_ms
    if has < least:
        what = f"all_red is {s(has)} s, the card wants {s(least)} s of red (min_red)"
        findings.cross(("flash", "startup", "all_red"), what, f"at least {s(least)}", [("conflicts",)])


RULES = (heads_show_what_the_card_says, the_start_keeps_the_least_red)
