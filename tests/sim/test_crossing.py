"""Pedestrians at a button."""

from edge.model.indications import Indication
from edge.model.units import ButtonNumber, Ms, PhaseNumber
from edge.sim.crossing import PRESS_AGAIN_MS, PRESS_MS, ButtonState, Crossing

WALK, WAIT = Indication.WALK, Indication.DONT_WALK


def crossing_with_button(per_h: float = 120.0) -> tuple[Crossing, ButtonState]:
    button = ButtonState()
    return Crossing(PhaseNumber(2), {ButtonNumber(2): button}, 1, per_h), button


def run(crossing: Crossing, shown: Indication, start: Ms, until: Ms) -> None:
    for now in range(start + 100, until + 1, 100):
        crossing.step(now, shown)


def test_who_comes_presses_and_waits_for_walk() -> None:
    crossing, button = crossing_with_button()
    run(crossing, WAIT, 0, 600_000)
    assert crossing.waiting
    assert crossing.waits_ms == []
    assert button.count >= len(crossing.waiting)
    crossing.step(600_100, WALK)
    assert crossing.waiting == []
    assert len(crossing.waits_ms) == crossing.arrived
    assert max(crossing.waits_ms) > 60_000


def test_who_comes_during_walk_goes_at_once_and_presses_nothing() -> None:
    crossing, button = crossing_with_button()
    run(crossing, WALK, 0, 600_000)
    assert button.count == 0
    assert crossing.arrived == len(crossing.waits_ms) > 0
    assert max(crossing.waits_ms) < 100


def test_who_still_waits_presses_again() -> None:
    crossing, button = crossing_with_button(per_h=1.0)
    run(crossing, WAIT, 0, crossing.arrivals.next_ms + 10 * PRESS_AGAIN_MS)
    assert crossing.arrived == 1
    assert button.count >= 10
    assert crossing.waits_so_far_ms()[0] >= 10 * PRESS_AGAIN_MS - 100


def test_a_button_pressed_while_held_is_one_actuation() -> None:
    button = ButtonState()
    button.press(0)
    button.press(PRESS_MS - 100)
    assert (button.count, button.until_ms) == (1, 2 * PRESS_MS - 100)
    button.press(5_000)
    assert button.count == 2


def test_a_crossing_without_a_button_waits_for_the_recall() -> None:
    crossing = Crossing(PhaseNumber(2), {}, 1, 120.0)
    run(crossing, WAIT, 0, 300_000)
    assert crossing.arrived > 0
    run(crossing, WALK, 300_000, 300_200)
    assert crossing.waiting == []
