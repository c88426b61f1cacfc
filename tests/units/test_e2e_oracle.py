"""The oracle of the end-to-end test sees what it is there to see."""

from pathlib import Path

import pytest

from tests.e2e.street import LOG, Street

CYCLE = (
    (10.0, "master", "001100"),
    (14.0, "master", "010100"),
    (17.0, "master", "100100"),
    (18.0, "master", "100001"),
    (22.0, "master", "100010"),
    (25.5, "master", "100100"),
)


def street(folder: Path, *rows: tuple[float, str, str]) -> Street:
    log = folder / LOG
    log.parent.mkdir(parents=True)
    log.write_text("".join(f"{at} {who} {coils}\n" for at, who, coils in rows))
    return Street(folder)


def test_a_right_cycle_passes(tmp_path: Path) -> None:
    seen = street(tmp_path, *CYCLE)
    assert seen.violations() == []
    assert seen.greens(0.0) == {2, 4}


@pytest.mark.parametrize(
    ("row", "instead", "said"),
    [
        (2, (16.5, "master", "100100"), "yellow of phase 2 for 2.50 s"),
        (1, (14.0, "master", "100100"), "green of phase 2 ended without yellow"),
        (4, (22.0, "deadman", "000000"), "green of phase 4 ended without yellow"),
        (3, (18.0, "master", "001001"), "both have right-of-way"),
        (3, (18.0, "master", "010001"), "both have right-of-way"),
    ],
)
def test_it_sees(tmp_path: Path, row: int, instead: tuple[float, str, str], said: str) -> None:
    rows = [*CYCLE[:row], instead, *CYCLE[row + 1 :]]
    assert said in street(tmp_path, *rows).violations()[0]


def test_what_follows_a_loss_of_the_controller_is_excused(tmp_path: Path) -> None:
    seen = street(tmp_path, CYCLE[0], (12.0, "master", "100100"))
    seen.lost.append(11.9)
    assert seen.violations() == []
