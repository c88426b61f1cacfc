"""One lane: the figures of the field come out of the car following, and nobody passes a red."""

from itertools import pairwise
from statistics import mean

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.model.indications import Indication
from edge.model.units import DetectorNumber, Ms
from edge.sim.lane import FREE_SPEED_MPS, STANDING_GAP_M, Lane, LoopState
from edge.sim.layout import Axis, LaneLayout, Loop, Turn

STOP_BAR, COUNTER = DetectorNumber(1), DetectorNumber(2)
LAYOUT = LaneLayout(
    "2/SBT/1",
    2,  # type: ignore[arg-type]
    Axis.NORTH_SOUTH,
    Turn.THROUGH,
    -200.0,
    (Loop(STOP_BAR, -6.5, -0.5), Loop(COUNTER, 1.0, 2.8)),
)
RED, YELLOW, GREEN = Indication.RED, Indication.YELLOW, Indication.GREEN


class Street:
    """A lane with its loops and a clock; `show` holds an indication for a while."""

    def __init__(self, seed: int, per_h: float) -> None:
        self.loops = {STOP_BAR: LoopState(), COUNTER: LoopState()}
        self.lane = Lane(LAYOUT, self.loops, seed, lambda _: per_h)
        self.now: Ms = 0
        self.crossed: list[Ms] = []

    def show(self, shown: Indication, for_ms: Ms) -> None:
        for _ in range(0, for_ms, 100):
            self.now += 100
            before = len(self.lane.delays_s)
            self.lane.step(self.now, shown)
            self.crossed += [self.now] * (len(self.lane.delays_s) - before)


def discharge_headways(seed: int) -> list[float]:
    street = Street(seed, per_h=1_500.0)
    street.show(RED, 120_000)
    green = street.now
    street.show(GREEN, 45_000)
    return [(b - a) / 1000 for a, b in pairwise([green, *street.crossed])]


def test_a_queue_discharges_with_the_saturation_headway_and_lost_time_of_the_hcm() -> None:
    runs = [discharge_headways(seed) for seed in range(20)]
    saturation = mean(h for run in runs for h in run[4:16])
    lost = mean(sum(run[:4]) for run in runs) - 4 * saturation
    assert 1.8 <= saturation <= 2.0, "HCM: 1.9 s at 1900 pc/h/ln"
    assert 1.5 <= lost <= 3.0, "HCM: 2 s"


def test_an_empty_lane_is_driven_at_free_speed_without_delay() -> None:
    street = Street(1, per_h=60.0)
    street.lane.step(100, GREEN)
    street.show(GREEN, 1_800_000)
    assert len(street.lane.delays_s) > 10
    assert mean(street.lane.delays_s) < 0.5
    assert street.lane.stops == 0


def test_nobody_moves_past_a_red() -> None:
    street = Street(3, per_h=900.0)
    street.show(RED, 600_000)
    assert street.lane.delays_s == []
    assert all(v.x <= 0 for v in street.lane.vehicles)
    assert street.lane.outside, "the queue reaches back to the entry and the others wait outside"
    assert street.lane.longest_queue == len(street.lane.vehicles) + len(street.lane.outside)


def test_who_came_longer_ago_than_asked_and_has_not_passed_the_line_is_overdue_wherever_he_stands() -> None:
    street = Street(3, per_h=900.0)
    street.show(RED, 600_000)
    assert street.lane.overdue(0) == street.lane.arrived
    young = street.lane.overdue(0) - street.lane.overdue(300_000)
    assert young == sum(v.arrived_ms >= 300_000 for v in (*street.lane.vehicles, *street.lane.outside)) > 0
    street.show(GREEN, 45_000)
    assert street.lane.overdue(0) == street.lane.arrived - len(street.lane.delays_s)


greens = st.lists(st.tuples(st.integers(10, 600), st.integers(36, 60), st.integers(5, 600)), min_size=2, max_size=6)


@given(seed=st.integers(0, 1_000), per_h=st.sampled_from([200.0, 600.0, 900.0]), signal=greens)
@settings(max_examples=25)
def test_whatever_the_signals_do_vehicles_keep_order_distance_and_the_law(
    seed: int, per_h: float, signal: list[tuple[int, int, int]]
) -> None:
    street = Street(seed, per_h)
    for green, yellow, red in signal:
        for shown, tenths in ((GREEN, green), (YELLOW, yellow), (RED, red)):
            street.show(shown, 100 * tenths)
            for front, behind in pairwise(street.lane.vehicles):
                assert behind.x <= front.x - front.length + 1e-6
    lane = street.lane
    assert lane.ran_red == 0
    assert lane.arrived == len(lane.delays_s) + len([v for v in lane.vehicles if v.x < 0]) + len(lane.outside)
    assert len(lane.delays_so_far_s()) == lane.arrived
    assert min(lane.delays_so_far_s(), default=0.0) >= 0.0


@given(seed=st.integers(0, 1_000), signal=greens)
@settings(max_examples=15)
def test_loops_come_on_and_go_off_in_pairs_and_the_count_is_the_vehicles(
    seed: int, signal: list[tuple[int, int, int]]
) -> None:
    street = Street(seed, 700.0)
    for green, yellow, red in signal:
        for shown, tenths in ((GREEN, green), (YELLOW, yellow), (RED, red)):
            street.show(shown, 100 * tenths)
    street.show(YELLOW, 10_000)
    assert street.loops[COUNTER].over == 0
    assert street.loops[COUNTER].count == len(street.lane.delays_s)
    assert street.loops[STOP_BAR].over in {0, 1}
    assert street.loops[STOP_BAR].count <= len(street.lane.delays_s) + 1


def test_who_can_stop_at_yellow_stops_and_who_cannot_goes_on() -> None:
    for seed in range(60):
        street = Street(seed, 500.0)
        street.show(GREEN, 61_000 + 700 * seed)
        ahead = [(v, -v.x, v.v) for v in street.lane.vehicles if v.x < 0]
        street.show(YELLOW, 3_600)
        street.show(RED, 20_000)
        for vehicle, distance, speed in ahead:
            could_stop = distance - 1.0 >= speed * 1.0 + speed * speed / 6.1
            if not could_stop:
                assert vehicle.x > 0
        assert street.lane.ran_red == 0


def test_a_signal_that_jumps_from_green_to_red_is_run_by_those_who_cannot_stop() -> None:
    runners = 0
    for seed in range(30):
        street = Street(seed, 900.0)
        street.show(GREEN, 90_000)
        street.show(RED, 10_000)
        runners += street.lane.ran_red
    assert runners > 0


def test_a_standing_queue_keeps_its_gaps() -> None:
    street = Street(5, 900.0)
    street.show(RED, 200_000)
    standing = [v for v in street.lane.vehicles if v.v == 0.0]
    assert len(standing) > 15
    assert standing[0].x < 0
    gaps = [front.x - front.length - behind.x for front, behind in pairwise(standing)]
    assert min(gaps) >= STANDING_GAP_M - 0.01
    assert mean(gaps) < STANDING_GAP_M + 1.0


def test_a_green_during_the_heads_reaction_that_ends_again_lets_nobody_go() -> None:
    street = Street(5, 900.0)
    street.show(RED, 100_000)
    street.show(GREEN, 500)
    street.show(YELLOW, 3_600)
    street.show(RED, 10_000)
    assert street.crossed == []


def test_a_queue_that_has_left_does_not_count_any_more() -> None:
    street = Street(9, 300.0)
    for _ in range(20):
        street.show(RED, 30_000)
        street.show(GREEN, 30_000)
    assert 3 <= street.lane.longest_queue <= 8, "two or three come in a red, and the next cycle begins anew"
    assert street.lane.stops > 3 * street.lane.longest_queue


def test_delay_grows_with_the_red() -> None:
    short, long = Street(9, 300.0), Street(9, 300.0)
    for _ in range(20):
        for street, red in ((short, 20_000), (long, 60_000)):
            street.show(GREEN, 20_000)
            street.show(YELLOW, 4_000)
            street.show(RED, red)
    assert mean(long.lane.delays_s) > mean(short.lane.delays_s) + 5
    assert FREE_SPEED_MPS[0] < FREE_SPEED_MPS[1]
