"""The judge must be able to say no: records with one slip each, and a good one."""

import pytest

from tests.field.judge import ALL_RED, judge

BITS = {"R": "100", "Y": "010", "G": "001", "-": "000"}
START = [(0, "YRYR-"), (500, "-----"), (3_000, "YRYRD"), (6_500, ALL_RED), (8_000, "GRGRD")]
GOOD = [
    *START,
    (14_000, "YRYRD"),
    (17_500, ALL_RED),
    (19_000, "RGRGW"),
    (23_500, "RGRG-"),
    (24_000, "RGRGD"),
    (27_500, "RYRYD"),
]


def record(images: list[tuple[int, str]], session: int = 1) -> str:
    """What the coupler would have written down."""
    return "0 on\n" + "".join(f"{at} write {session} 0 {_wires(image)}\n" for at, image in images)


def _wires(image: str) -> str:
    return "".join(BITS[letter] for letter in image[:4]) + {"D": "10", "W": "01", "-": "00"}[image[4]]


def test_a_good_street_is_found_good() -> None:
    """And its greens, walks and flashes are counted."""
    found = judge(record(GOOD))
    assert found.wrong == []
    assert found.greens == [(2, 8_000), (6, 8_000), (4, 19_000), (8, 19_000)]
    assert (found.walks, found.flashes) == ([19_000], [0])


@pytest.mark.parametrize(
    ("images", "complaint"),
    [
        ([*START, (14_000, "GRGGD")], "move together"),
        ([*START, (14_000, "YRYRD"), (15_000, "YGRRD")], "move together"),
        ([*START, (11_000, "YRYRD")], "green of 2 for 3000"),
        ([*START, (14_000, "RRGRD")], "2 goes G to R"),
        ([*START, (14_000, "YRYRD"), (16_900, ALL_RED)], "yellow of 6 for 2900"),
        ([*START, (14_000, "YRYRD"), (17_500, ALL_RED), (18_400, "RGRGD")], "4 green 900 ms after the end of 2"),
        ([*START, (14_000, "YRYRD"), (17_500, "RGRGD")], "4 green 0 ms after the end of 6"),
        ([*START, (14_000, "-RGRD")], "a dark head"),
        ([*START, (14_000, "GRGRW")], "walk beside a head that is not green"),
        ([*GOOD[:8], (22_000, "RGRG-"), (26_000, "RYRYD")], "walk of 3000"),
        ([*GOOD[:9], (26_000, "RYRYD")], "pedestrian clearance of 2500"),
        ([*START[:2], (3_000, ALL_RED)], "leaves flash otherwise"),
        ([*START[:3], (5_900, ALL_RED)], "yellow after flash of 2900"),
        ([*START[:4], (7_400, "GRGRD")], "all red of 900"),
        (START[4:], "begins with neither"),
    ],
)  # fmt: skip
def test_a_slip_is_found(images: list[tuple[int, str]], complaint: str) -> None:
    """Each rule has a record that breaks it."""
    assert complaint in " ".join(judge(record(images)).wrong)


def test_two_lamps_of_one_head_are_found() -> None:
    """Red and green at once is no indication."""
    assert "several lamps" in judge("0 on\n10 write 1 0 10110010010010\n").wrong[0]


@pytest.mark.parametrize("between", ["9000 deadman\n", ""])
def test_after_a_dead_man_or_a_new_connection_nothing_but_flash_or_all_red_may_come_first(between: str) -> None:
    """A street is not resumed in the middle of a green."""
    stale = record(START) + between + f"9100 write {1 if between else 2} 0 {_wires('GRGRD')}\n"
    assert "begins with neither" in judge(stale).wrong[0]
    anew = record(START) + between + f"9100 write {1 if between else 2} 0 {_wires('YRYR-')}\n"
    assert judge(anew).wrong == []
