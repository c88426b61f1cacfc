"""Leading walks, longer walks and the buffer behind a walk: settings that must fit together (MUTCD 11th ed. 4I)."""

from collections.abc import Iterator

from edge.check.words import s
from edge.config.problems import Findings, Path
from edge.config.read import Draft
from edge.model.indications import ChannelKind
from edge.model.phases import PedTiming, Recall
from edge.model.units import Ms, PhaseNumber

_BUFFER_MS: Ms = 3_000


def _walks(draft: Draft) -> Iterator[tuple[PhaseNumber, PedTiming]]:
    for number, phase in draft.site.phases.items():
        if phase.ped is not None:
            yield number, phase.ped


def a_lead_is_shorter_than_its_walk(draft: Draft, findings: Findings) -> None:
    """The vehicles' green begins while pedestrians still walk; a lead behind that would be an exclusive phase."""
    for number, ped in _walks(draft):
        if ped.lpi_ms >= ped.walk_ms:
            what = f"phase {number}: lpi {s(ped.lpi_ms)} s is no shorter than walk {s(ped.walk_ms)} s"
            write = f"under {s(ped.walk_ms)}, or a phase of its own for the pedestrians"
            findings.cross(("phases", number, "lpi"), what, write, [("phases", number, "walk")])


def a_long_press_lengthens(draft: Draft, findings: Findings) -> None:
    """Extended times are longer than the ordinary ones."""
    for number, ped in _walks(draft):
        for key, extended, usual in (
            ("walk", ped.walk_extended_ms, ped.walk_ms),
            ("ped_clear", ped.clearance_extended_ms, ped.clearance_ms),
        ):
            if extended and extended <= usual:
                what = f"phase {number}: {key}_extended {s(extended)} s is no longer than {key} {s(usual)} s"
                path: Path = ("phases", number, f"{key}_extended")
                findings.cross(path, what, f"over {s(usual)}, or remove it", [("phases", number, key)])


def a_long_press_is_heard_and_answered(draft: Draft, findings: Findings) -> None:
    """Longer times need a push-button with a long press, and a long press needs longer times."""
    site = draft.site
    heard = {b.phase for b in site.buttons.values() if b.long_press_ms}
    for number, ped in _walks(draft):
        if ped.may_be_extended and number not in heard:
            what = f"phase {number} has longer times, and no push-button of it a long press"
            key = "walk_extended" if ped.walk_extended_ms else "ped_clear_extended"
            findings.cross(("phases", number, key), what, "add long_press: 2.0 to its button", [("ped_buttons",)])
    for button_number, button in site.buttons.items():
        phase = site.phases.get(button.phase)
        if button.long_press_ms and phase is not None and phase.ped is not None and not phase.ped.may_be_extended:
            path: Path = ("ped_buttons", button_number, "long_press")
            what = f"push-button {button_number} has a long press, and phase {button.phase} no longer times"
            uses: list[Path] = [("phases", button.phase, key) for key in ("walk_extended", "ped_clear_extended")]
            findings.cross(path, what, f"add walk_extended or ped_clear_extended to phases.{button.phase}", uses)


def the_buffer_is_long_enough(draft: Draft, findings: Findings) -> None:
    """From the end of a pedestrian clearance to a conflicting green at least 3 s: here yellow and red clearance."""
    for number, phase in draft.site.phases.items():
        if phase.ped is not None and phase.change_ms < _BUFFER_MS:
            what = (
                f"phase {number}: yellow and red_clear are {s(phase.change_ms)} s, the buffer behind a walk is under 3 s "
                "(MUTCD 4I.06)"
            )
            findings.warn(("phases", number, "red_clear"), what, f"at least {s(_BUFFER_MS - phase.yellow_ms)}")


def a_phase_of_pedestrians_serves_them(draft: Draft, findings: Findings) -> None:
    """A phase without vehicle heads (all crossings at once) is not called, nor kept, for vehicles."""
    site = draft.site
    driven = {p for c in site.channels.values() if c.kind is not ChannelKind.PEDESTRIAN for p in site.shows(c)}
    driven |= {detector.phase for detector in site.detectors.values()}  # without a lamp for them: said by the card
    for number, ped in _walks(draft):
        phase, here = site.phases[number], ("phases", number)
        if number in driven:
            continue
        if phase.recall is not Recall.NONE and not ped.recall:
            what = f"phase {number} has pedestrian heads only, and recall calls it for vehicles"
            findings.cross((*here, "recall"), what, "ped_recall: true instead", [("channels",), (*here, "ped_recall")])
        if phase.passage_ms:
            what = f"phase {number} has pedestrian heads only, and passage extends its green for vehicles"
            findings.cross((*here, "passage"), what, "passage: 0", [("channels",)])


RULES = (
    a_lead_is_shorter_than_its_walk,
    a_long_press_lengthens,
    a_long_press_is_heard_and_answered,
    the_buffer_is_long_enough,
    a_phase_of_pedestrians_serves_them,
)
