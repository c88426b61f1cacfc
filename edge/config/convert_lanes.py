"""Rows of `lanes` and `sumo` to the frozen site."""

from edge.config.lane_rows import LaneRow, MovementRow
from edge.config.rows import SiteFile
from edge.config.sumo_rows import SumoRow
from edge.model.lanes import Lane, LaneName, Movement
from edge.model.sumo import SumoLoop, SumoSite


def lanes_of(rows: SiteFile) -> tuple[Lane, ...]:
    """The lanes, in the order of the file."""
    return tuple(_lane(name, row, rows) for name, row in rows.lanes.items())


def _lane(name: LaneName, row: LaneRow, rows: SiteFile) -> Lane:
    distances = [rows.detectors[d].distance_m for d in row.advance if d in rows.detectors]
    known = [distance for distance in distances if distance is not None]
    return Lane(
        name=name,
        approach=row.approach,
        movements=tuple(_movement(movement) for movement in row.movements),
        stopbar=tuple(row.stopbar),
        advance=tuple(row.advance),
        exits=tuple(row.exits),
        advance_m=row.advance_m if row.advance_m is not None else max(known, default=0.0),
        length_m=row.length_m,
        speed_kmh=row.speed_kmh,
        siblings=tuple(row.siblings),
        cars=row.cars,
    )


def _movement(row: MovementRow) -> Movement:
    return Movement(row.turn, frozenset(row.phases), frozenset(row.opposed_in), tuple(row.opposed_by))


def sumo_of(row: SumoRow | None) -> SumoSite | None:
    """Where the site lies in a SUMO network; None where it does not say."""
    if row is None:
        return None
    return SumoSite(
        tls=row.tls,
        links={channel: tuple(links) for channel, links in sorted(row.links.items())},
        yields={link: tuple(foes) for link, foes in sorted(row.yields.items())},
        loops={
            detector: tuple(SumoLoop(loop.lane, loop.from_m, loop.to_m) for loop in loops)
            for detector, loops in sorted(row.loops.items())
        },
        crossings={button: tuple(edges) for button, edges in sorted(row.crossings.items())},
        on_red=tuple(row.on_red),
    )
