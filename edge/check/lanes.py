"""Lanes, and the site's place in a SUMO network: they name what the site has, and each loop lies in one lane."""

from collections.abc import Iterator

from edge.check.words import listed
from edge.config.problems import Findings, Path
from edge.config.read import Draft
from edge.model.lanes import Lane, LaneName, Movement
from edge.model.sumo import SumoSite


def lanes_name_phases(draft: Draft, findings: Findings) -> None:
    """Each movement names phases of the rings, and is opposed in some of those it may go in."""
    for lane in draft.site.lanes:
        if not lane.movements:
            path: Path = ("lanes", lane.name, "movements")
            findings.cross(path, f"nobody can leave lane {lane.name}", "add movements")
        for k, movement in enumerate(lane.movements):
            here: Path = ("lanes", lane.name, "movements", k)
            if not movement.phases:
                findings.cross(here, f"this movement of lane {lane.name} goes in no phase", "phases: [ … ]")
            for phase in sorted(movement.phases - draft.site.sequence.places.keys()):
                what = f"this intersection has no phase {phase}"
                findings.cross((*here, "phases"), what, "name a phase of the rings", [("rings",)])
            _is_opposed_where_it_goes(here, movement, findings)


def _is_opposed_where_it_goes(here: Path, movement: Movement, findings: Findings) -> None:
    stray = movement.opposed_in - movement.phases
    if stray:
        what = f"this movement is opposed in phase {listed(stray)}, in whose green it does not go"
        findings.cross((*here, "opposed_in"), what, "name some of its own phases", [(*here, "phases")])
    if movement.opposed_by and not movement.opposed_in:
        what = "this movement is opposed, and in no phase"
        findings.cross((*here, "opposed_by"), what, "add opposed_in: [ … ]", [(*here, "opposed_in")])


def lanes_name_lanes(draft: Draft, findings: Findings) -> None:
    """Siblings and opposing lanes are other lanes of the site; siblings are of the same approach."""
    lanes = {lane.name: lane for lane in draft.site.lanes}
    for lane in draft.site.lanes:
        for path, name in _named(lane):
            if name not in lanes:
                findings.cross(path, f"there is no lane {name}", "name another lane", [("lanes", name)])
            elif name == lane.name:
                findings.cross(path, f"lane {name} is named beside itself", "remove it")
            elif path[2] == "siblings" and lanes[name].approach != lane.approach:
                what = f"lane {name} is of approach {lanes[name].approach}, lane {lane.name} of {lane.approach}"
                findings.cross(path, what, "name a lane of the same approach", [("lanes", name, "approach")])


def _named(lane: Lane) -> Iterator[tuple[Path, LaneName]]:
    here: Path = ("lanes", lane.name)
    yield from (((*here, "siblings", k), name) for k, name in enumerate(lane.siblings))
    for m, movement in enumerate(lane.movements):
        yield from (((*here, "movements", m, "opposed_by", k), name) for k, name in enumerate(movement.opposed_by))


def lanes_have_their_own_loops(draft: Draft, findings: Findings) -> None:
    """A lane names detectors of the site; at the stop line and upstream, a detector lies in one lane only."""
    seen: dict[int, str] = {}
    for lane in draft.site.lanes:
        for key, detectors in (("stopbar", lane.stopbar), ("advance", lane.advance), ("exits", lane.exits)):
            for k, number in enumerate(detectors):
                path: Path = ("lanes", lane.name, key, k)
                if number not in draft.site.detectors:
                    what = f"there is no detector {number}"
                    findings.cross(path, what, "name one of detectors", [("detectors", number)])
                elif key != "exits" and number in seen:
                    what = f"detector {number} already lies in lane {seen[number]}"
                    findings.cross(path, what, "keep it in one lane")
                if key != "exits":
                    seen.setdefault(number, lane.name)


def sumo_names_what_there_is(draft: Draft, findings: Findings) -> None:
    """Links belong to channels, loops to detectors, crossings to push-buttons of this intersection."""
    site, sumo = draft.site, draft.site.sumo
    if sumo is None:
        return
    sections = (
        ("links", sumo.links.keys() - site.channels.keys(), "channel", "channels"),
        ("loops", sumo.loops.keys() - site.detectors.keys(), "detector", "detectors"),
        ("crossings", sumo.crossings.keys() - site.buttons.keys(), "push-button", "ped_buttons"),
    )
    for key, strays, what, section in sections:
        for number in sorted(strays):
            path: Path = ("sumo", key, number)
            findings.cross(path, f"there is no {what} {number}", f"name one of {section}", [(section, number)])


def sumo_links_are_shown_once(draft: Draft, findings: Findings) -> None:
    """A link hangs on one channel; links that yield, or are yielded to, hang on one."""
    sumo = draft.site.sumo
    if sumo is None:
        return
    seen: dict[int, int] = {}
    for channel, links in sumo.links.items():
        for k, link in enumerate(links):
            first = seen.setdefault(link, channel)
            if first != channel:
                what = f"link {link} already hangs on channel {first}"
                findings.cross(("sumo", "links", channel, k), what, "keep it on one channel")
    for link in sorted(_yielding(sumo) - seen.keys()):
        what = f"link {link} yields or is yielded to, and no channel shows it"
        findings.cross(("sumo", "yields"), what, "add it to links, or remove it", [("sumo", "links")])


def _yielding(sumo: SumoSite) -> frozenset[int]:
    return frozenset(link for own, foes in sumo.yields.items() for link in (own, *foes))


def sumo_loops_have_a_length(draft: Draft, findings: Findings) -> None:
    """A loop begins before it ends."""
    sumo = draft.site.sumo
    for detector, loops in sumo.loops.items() if sumo is not None else ():
        for k, loop in enumerate(loops):
            if loop.from_m >= loop.to_m:
                what = f"this loop begins at {loop.from_m:g} m and ends at {loop.to_m:g} m"
                findings.cross(("sumo", "loops", detector, k), what, "from_m is the smaller one")


RULES = (
    lanes_name_phases,
    lanes_name_lanes,
    lanes_have_their_own_loops,
    sumo_names_what_there_is,
    sumo_links_are_shown_once,
    sumo_loops_have_a_length,
)
