"""Push-buttons of crossings in SUMO."""

from edge.model.units import ButtonNumber
from edge.sim.crossing import PRESS_AGAIN_MS
from edge.sim.sumo.walkers import WatchedButton, pedestrians


def button() -> WatchedButton:
    return WatchedButton(ButtonNumber(4), (":J_c0", ":J_c1"))


def test_who_stands_before_a_crossing_presses_and_who_walks_does_not() -> None:
    watched = button()
    watched.look(1_000, {"anna": (":J_c0", 0.0), "ben": ("street", 9.0)})
    assert watched.state.count == 0
    watched.look(2_000, {"anna": (":J_c0", 1.0)})
    assert watched.sample(2_000, 99).occupied
    assert (watched.sample(2_400, 99).occupied, watched.sample(2_400, 99).count) == (False, 1)
    assert not watched.sample(-100, 0).occupied


def test_who_still_stands_presses_again_and_another_one_presses_at_once() -> None:
    watched = button()
    for now in range(1_000, PRESS_AGAIN_MS, 1_000):
        watched.look(now, {"anna": (":J_c0", now / 1_000)})
    assert watched.state.count == 1
    watched.look(PRESS_AGAIN_MS + 1_000, {"anna": (":J_c0", 21.0)})
    assert watched.state.count == 2
    watched.look(PRESS_AGAIN_MS + 2_000, {"anna": (":J_c0", 22.0), "carl": (":J_c1", 1.0)})
    assert watched.state.count == 3


def test_the_wait_of_everybody_is_the_longest_he_stood_and_nobody_is_left_out() -> None:
    watched = button()
    assert pedestrians([watched.figures()]) == {"at_crossings": 0, "mean_wait_s": 0.0, "max_wait_s": 0.0}
    watched.look(1_000, {"anna": (":J_c0", 1.0), "walks through": (":J_c1", 0.0)})
    watched.look(2_000, {"anna": (":J_c0", 2.0)})
    watched.look(3_000, {})
    assert pedestrians([watched.figures()]) == {"at_crossings": 2, "mean_wait_s": 1.0, "max_wait_s": 2.0}
