"""What the search keeps of its plans, and of the courses of changes."""

from dataclasses import replace

import numpy as np
import pytest

from edge.adaptive import courses as courses_module
from edge.adaptive.courses import Courses
from edge.adaptive.rows import LONGEST_LEFT, MOST_LEFT, Rows, Start, changes
from edge.adaptive.stages import StageGraph
from tests.adaptive.plans import of, shared


def begun(count: int = 3) -> Rows:
    return Rows.begin(np.array([4.0, 2.0]), np.array([9.0, 0.0]), [Start(k, 10 * k, float(k)) for k in range(count)])


def test_every_start_is_a_row_with_the_queues_and_waits_of_now() -> None:
    rows = begun()
    assert rows.node.tolist() == [0, 1, 2]
    assert rows.left.tolist() == [0, 10, 20]
    assert rows.mark.tolist() == [0, 1, 2]
    assert set(rows.event.tolist()) == {-1}
    assert rows.queue.tolist() == [[4.0] * 3, [2.0] * 3]
    assert rows.wait.tolist() == [[9.0] * 3, [0.0] * 3]
    assert rows.cost.tolist() == [0.0, 1.0, 2.0]


def test_a_longer_minimum_than_is_told_apart_is_no_other_node() -> None:
    rows = Rows.begin(np.zeros(1), np.zeros(1), [Start(0, 10 * MOST_LEFT, 0.0)])
    assert rows.left.tolist() == [LONGEST_LEFT]


def test_rows_that_are_taken_are_their_own() -> None:
    rows = begun()
    taken = rows.take(np.array([2, 2]))
    taken.queue[0] -= 1.0
    taken.cost += 5.0
    taken.left[:] = 0
    assert rows.queue[0].tolist() == [4.0] * 3
    assert rows.cost.tolist() == [0.0, 1.0, 2.0]
    assert rows.left.tolist() == [0, 10, 20]
    both = rows.join(taken)
    assert both.left.tolist() == [0, 10, 20, 0, 0]
    assert both.queue[0].tolist() == [4.0, 4.0, 4.0, 3.0, 3.0]
    assert both.wait[0].tolist() == [9.0] * 5
    assert both.cost.tolist() == [0.0, 1.0, 2.0, 7.0, 7.0]


def test_a_change_of_key_is_where_another_begins() -> None:
    assert changes(np.array([3, 3, 5, 9, 9])).tolist() == [True, False, True, True, False]


def test_a_course_is_worked_out_once_and_another_start_is_another_course() -> None:
    site, lanes = shared(8)
    graph = StageGraph(site)
    made = Courses(graph, lanes)
    change = graph.change(of(1, 5), of(2, 6))
    again = graph.change(of(1, 5), of(2, 6))
    assert made.course(change) is made.course(again)
    assert change.starts
    assert change.ends
    later = replace(again, starts={p: ms + 1_000 for p, ms in again.starts.items()})
    longer = replace(again, ends={p: ms + 1_000 for p, ms in again.ends.items()})
    for other in (later, longer):
        alone = Courses(graph, lanes).course(other)
        assert np.array_equal(made.course(other).since, alone.since)
        assert np.array_equal(made.course(other).over, alone.over)
    assert made.course(later).since.tolist() != made.course(change).since.tolist()
    assert made.course(longer).over.tolist() != made.course(change).over.tolist()


def test_no_more_courses_are_kept_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courses_module, "MOST_KEPT", 3)
    site, lanes = shared(8)
    graph = StageGraph(site)
    made = Courses(graph, lanes)
    change = graph.change(of(1, 5), of(2, 6))
    for late_s in range(10):
        made.course(replace(change, starts={p: ms + 1_000 * late_s for p, ms in change.starts.items()}))
        assert len(made._kept) <= 3
