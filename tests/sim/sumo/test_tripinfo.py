"""The figures of a run from SUMO's tripinfo."""

import gzip
from pathlib import Path

import pytest

from edge.sim.sumo.tripinfo import figures_of, read_trips

UNSERVED_AFTER_S = 300
ROWS = f"""<tripinfos>
  <tripinfo id="a" depart="3" departDelay="1.5" arrival="40" waitingTime="4" waitingCount="1" timeLoss="8.5"/>
  <tripinfo id="b" depart="5" departDelay="0" arrival="-1.00" waitingTime="50" waitingCount="2" timeLoss="60"/>
  <tripinfo id="c" depart="-1" departDelay="{UNSERVED_AFTER_S + 1}" arrival="-1.00" waitingCount="0" timeLoss="-1"/>
  <personinfo id="p" depart="0"><walk arrival="60" timeLoss="12.5"/><walk arrival="90" timeLoss="2.5"/></personinfo>
  <personinfo id="q" depart="0"><ride arrival="60"/></personinfo>
</tripinfos>"""


def test_the_unfinished_and_the_undeparted_count_with_what_they_have_lost(tmp_path: Path) -> None:
    (tmp_path / "ti.xml").write_text(ROWS)
    figures = figures_of(read_trips(tmp_path / "ti.xml").vehicles)
    assert figures.vehicles == 3
    assert figures.delay_s == pytest.approx((10 + 60 + UNSERVED_AFTER_S + 1) / 3, abs=0.001)
    assert (figures.throughput, figures.unfinished, figures.undeparted, figures.unserved) == (1, 1, 1, 1)
    assert (figures.waiting_s, figures.stops) == (18.0, 1.0)
    assert figures.p95_delay_s == figures.max_delay_s == UNSERVED_AFTER_S + 1


@pytest.mark.parametrize(
    ("row", "unserved"),
    [
        ('depart="100" departDelay="50" duration="251" arrival="-1" timeLoss="200"', 1),
        ('depart="100" departDelay="50" duration="250" arrival="-1" timeLoss="250"', 0),
        ('depart="-1" departDelay="301" duration="0" arrival="-1" timeLoss="0"', 1),
        ('depart="100" departDelay="50" duration="900" arrival="1000" timeLoss="850"', 0),
    ],
)
def test_unserved_is_who_was_due_more_than_five_minutes_before_the_end_and_is_not_through(
    tmp_path: Path, row: str, unserved: int
) -> None:
    (tmp_path / "ti.xml").write_text(f'<tripinfos><tripinfo id="a" {row}/></tripinfos>')
    assert figures_of(read_trips(tmp_path / "ti.xml").vehicles).unserved == unserved


def test_people_on_foot_lose_what_their_walks_lose_and_passengers_are_none(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "ti.xml.gz", "wt") as file:
        file.write(ROWS)
    walkers = read_trips(tmp_path / "ti.xml.gz").walkers
    assert [(walker.delay_s, walker.arrived) for walker in walkers] == [(15.0, True)]


def test_a_run_without_vehicles_has_figures_of_nothing() -> None:
    assert figures_of(()).delay_s == 0.0
    assert figures_of(()).max_delay_s == 0.0


def test_another_format_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "ti.csv").write_text("id;depart\n")
    with pytest.raises(ValueError, match="leave it to SUMO's default format"):
        read_trips(tmp_path / "ti.csv")
