"""The benchmark's judge of saved signal states: on hand-made faults, each found and nothing else."""

from pathlib import Path

import pytest
from traffic.judge import Finding, Kind, Least, judge, saved
from traffic.net import Signals, read_signals

NET = """<net>
  <edge id="Ni"><lane id="Ni_0" length="90"/></edge>
  <edge id=":C_c0" function="crossing"><lane id=":C_c0_0" length="12.5"/></edge>
  <tlLogic id="C" type="static" programID="0"><phase duration="9" state="GrrGr"/><phase duration="9" state="rGrrG"/></tlLogic>
  <junction id="C" type="traffic_light" incLanes="" intLanes=":C_0_0 :C_1_0 :C_9_0 :C_3_0 :C_c0_0">
    <request index="0" response="00000" foes="01010"/>
    <request index="1" response="00000" foes="00101"/>
    <request index="2" response="00010" foes="00010"/>
    <request index="3" response="10000" foes="10001"/>
    <request index="4" response="00000" foes="01000"/>
  </junction>
  <connection from="Ni" to="So" fromLane="0" toLane="0" via=":C_0_0" tl="C" linkIndex="0"/>
  <connection from="Wi" to="Eo" fromLane="0" toLane="0" via=":C_1_0" tl="C" linkIndex="1"/>
  <connection from="Ei" to="So" fromLane="0" toLane="0" via=":C_2_0" tl="C" linkIndex="2"/>
  <connection from="Si" to="Wo" fromLane="0" toLane="0" via=":C_3_0" tl="C" linkIndex="3"/>
  <connection from=":C_2" to="So" fromLane="0" toLane="0" via=":C_9_0"/>
  <connection from=":C_w0" to=":C_c0" fromLane="0" toLane="0" tl="C" linkIndex="4"/>
</net>"""
"""Foes: 0-1, 0-3 (shown together by the net's own program), 1-2 (2, which waits in an inner lane, yields), 3-4 (3 yields)."""

LEAST = Least(yellow=3, red=1)


@pytest.fixture
def signals(tmp_path: Path) -> Signals:
    path = tmp_path / "net.xml"
    path.write_text(NET, "utf-8")
    return read_signals(path)["C"]


def told(signals: Signals, *steps: tuple[int, str]) -> list[tuple[float, str, tuple[int, ...]]]:
    """What the judge says of so many seconds of each state."""
    states: list[tuple[float, str]] = []
    for seconds, state in steps:
        states += [(float(len(states) + k), state) for k in range(seconds)]
    return [(f.at, f.kind.value, f.links) for f in judge(states, signals, LEAST)]


def test_the_net_is_read_with_its_two_numberings_joined_and_inner_ways_followed(signals: Signals) -> None:
    assert signals.foes == {(0, 1), (0, 3), (1, 2), (3, 4)}
    assert signals.yields == {(2, 1), (3, 4)}
    assert signals.beside == {(0, 3)}
    assert signals.crossings == {4: 12.5}
    assert signals.edges[0] == "Ni"


def test_a_clean_change_is_clean(signals: Signals) -> None:
    assert (
        told(
            signals, (10, "Grrrr"), (3, "yrrrr"), (1, "rrrrr"), (10, "rGrrr"), (3, "ryrrr"), (1, "rrrrr"), (9, "Grrrr")
        )
        == []
    )


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        (((9, "Grrrr"), (9, "rrrrr")), (9, "no yellow", (0,))),
        (((9, "Grrrr"), (2, "yrrrr"), (9, "rrrrr")), (11, "short yellow", (0,))),
        (((2, "rrrrr"), (4, "Grrrr"), (3, "yrrrr"), (9, "rrrrr")), (6, "short green", (0,))),
        (((2, "rrrrr"), (2, "rrgrr"), (2, "rrGrr"), (3, "rryrr"), (9, "rrrrr")), (6, "short green", (2,))),
        (((9, "Grrrr"), (3, "yrrrr"), (9, "Grrrr")), (12, "green after yellow", (0,))),
        (((9, "Grrrr"), (9, "GGrrr")), (9, "conflicting greens", (0, 1))),
        (((9, "Ggrrr"),), (0, "conflicting greens", (0, 1))),
        (((9, "rGGrr"),), (0, "conflicting greens", (1, 2))),
        (((9, "GrrGr"),), (0, "beside", (0, 3))),
        (((9, "Grrrr"), (3, "yGrrr"), (9, "rGrrr")), (9, "green on yellow", (1, 0))),
        (((9, "rGrrr"), (3, "rygrr"), (9, "rrgrr")), (9, "green on yellow", (2, 1))),
        (((9, "Grrrr"), (3, "yrrrr"), (9, "rGrrr")), (12, "no all-red", (1, 0))),
        (((9, "rrrrG"), (9, "rrrrr"), (9, "rrrGr")), (18, "no all-red", (3, 4))),
    ],
)
def test_each_fault_is_found(
    signals: Signals, steps: tuple[tuple[int, str], ...], found: tuple[float, str, tuple[int, ...]]
) -> None:
    said = told(signals, *steps)
    assert found in said
    assert {kind for _, kind, _ in said} <= {found[1], "no all-red", "no yellow"}


def test_a_permissive_turn_may_clear_beside_the_through_it_yields_to(signals: Signals) -> None:
    assert told(signals, (9, "rGgrr"), (3, "rGyrr"), (9, "rGrrr")) == []


def test_a_turn_raised_to_green_waits_for_the_all_red_of_its_opponent(signals: Signals) -> None:
    assert told(signals, (9, "rGgrr"), (3, "rygrr"), (1, "rrgrr"), (9, "rrGrr")) == []
    assert told(signals, (9, "rGgrr"), (3, "rygrr"), (9, "rrGrr")) == [(12, "no all-red", (2, 1))]


def test_who_turns_and_yields_need_not_wait_until_the_crossing_is_empty(signals: Signals) -> None:
    assert told(signals, (9, "rrrrG"), (1, "rrrrr"), (9, "rrrgr")) == []


def test_a_bar_at_either_end_of_the_recording_is_not_judged_for_its_length(signals: Signals) -> None:
    assert told(signals, (2, "Grrrr"), (3, "yrrrr"), (2, "rrrrr"), (2, "Grrrr")) == []


def test_a_placeholder_program_without_yellow_is_found_out(signals: Signals) -> None:
    """The known fault of the published plan of one of the lent nets."""
    kinds = [kind for _, kind, _ in told(signals, (30, "Grrrr"), (5, "rrrrr"), (30, "rGrrr"), (5, "rrrrr"))]
    assert kinds == ["no yellow", "no yellow"]


def test_sumos_file_is_read_by_traffic_light(tmp_path: Path) -> None:
    path = tmp_path / "states.xml"
    path.write_text(
        '<tlsStates><tlsState time="0.00" id="C" programID="x" phase="0" state="Gr"/>'
        '<tlsState time="1.00" id="C" programID="x" phase="0" state="yr"/></tlsStates>',
        "utf-8",
    )
    assert saved(path) == {"C": [(0.0, "Gr"), (1.0, "yr")]}
    assert Finding(0, Kind.CONFLICT, (0, 1)).kind.value == "conflicting greens"
