"""Every code is written exactly by its definition, in random runs of every example site, and nothing is silent."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from edge.check import check_file
from edge.model.commands import Command, CommandKind
from edge.model.detectors import InputSample
from edge.model.exchange import Inputs, Mode
from edge.model.external import wire_name
from edge.model.indications import ChannelKind
from edge.model.site import Site
from edge.sim.run import Run, later, local_start
from edge.sim.simulate import START_LOCAL_MS
from tests import builders
from tests.config.examples import EXAMPLES
from tests.judges.log_rules import LogRules

STEP = 300
"""ms a tick: a late tick is legal, and the runs go three times as far."""


def no_clearance() -> Site:
    """The dual ring with pedestrians and no red clearance at all."""
    site = builders.quad()
    return replace(site, phases={n: replace(p, red_clear_ms=0) for n, p in site.phases.items()})


def read(path: Path) -> Site:
    site = check_file(path).site
    assert site is not None
    return site


class Street:
    """A run under random loops, buttons and wires; all that is logged goes to the rules."""

    def __init__(self, site: Site, seed: int) -> None:
        self.site = site
        self.rng = random.Random(seed)
        self.start = local_start(START_LOCAL_MS, site.timezone)
        self.run = Run(site, self.start)
        vehicles = {
            int(c.number): int(c.phase)
            for c in site.channels.values()
            if c.kind is ChannelKind.VEHICLE and c.overlap is None
        }
        self.rules = LogRules(vehicles, {int(p.number): p.red_clear_ms for p in site.phases.values()})
        self.now = 0
        self.on = dict.fromkeys(site.detectors, False)
        self.count = dict.fromkeys(site.detectors, 0)
        self.wires = dict.fromkeys((wire_name(ref) for ref in site.wires), False)

    def go(
        self, ticks: int, *, flips: float, presses: float, wires: float = 0.0, orders: float = 0.0, step: int = STEP
    ) -> None:
        for _ in range(ticks):
            for d in self.on:
                if self.rng.random() < flips:
                    self.on[d] = not self.on[d]
                    self.count[d] += self.on[d]
            for w in self.wires:
                if self.rng.random() < wires:
                    self.wires[w] = not self.wires[w]
            order: tuple[Command, ...] = ()
            if self.rng.random() < orders:
                order = (
                    Command(self.rng.choice([CommandKind.FLASH, CommandKind.RESUME, CommandKind.RESUME]), "x", "y"),
                )
            self._tick(presses, order)
            self.now += step

    def _tick(self, presses: float, commands: tuple[Command, ...]) -> None:
        now, run = self.now, self.run
        inputs = Inputs(
            {d: InputSample(on, self.count[d], now) for d, on in self.on.items()},
            {b: InputSample(self.rng.random() < presses, 0, now) for b in self.site.buttons},
            later(self.start, now),
            commands,
            wires={w: InputSample(on, 0, now) for w, on in self.wires.items()},
        )
        before = len(run.rows)
        shown = run.advance(now, inputs)
        events = [(row.code, row.parameter) for row in run.rows[before:]]
        mode = run.tick.controller._mode.mode
        flash = mode in {Mode.FLASH, Mode.START_UP_FLASH}
        self.rules.see(now, events, {int(c): i.name for c, i in shown.items()}, flash=flash)


SITES = [*((path.stem, path) for path in EXAMPLES), ("no red clearance", None)]


@pytest.mark.untraced
@pytest.mark.parametrize(("name", "path"), SITES, ids=lambda v: v if isinstance(v, str) else "")
def test_every_code_is_written_by_its_definition(name: str, path: Path | None) -> None:
    street = Street(no_clearance() if path is None else read(path), seed=len(name))
    street.go(1000, flips=0.03, presses=0.02)
    street.go(500, flips=0.3, presses=0.3, wires=0.005, orders=0.005)
    assert not street.run.violations
    assert street.rules.wrong == []


@pytest.mark.parametrize(("name", "path"), SITES[:1], ids=lambda v: v if isinstance(v, str) else "")
def test_a_resting_controller_is_not_silent(name: str, path: Path | None) -> None:
    """120 s without any event are missing data for those who read the log."""
    street = Street(no_clearance() if path is None else read(path), seed=len(name))
    street.go(900, flips=0.0, presses=0.0, step=1_000)
    assert street.rules.wrong == []
    assert street.rules.silence(street.now) <= 60_000


@pytest.mark.parametrize(
    ("dropped", "sentence"),
    [
        (9, "9 and 10"),
        (3, "before 3"),
        (4, "reasons []"),
        (8, "begins YELLOW without 8"),
        (12, "11 and 12"),
        (44, "43 of"),
    ],
)
def test_the_rules_see_a_code_that_is_missing(dropped: int, sentence: str) -> None:
    street = Street(no_clearance(), seed=1)
    see = street.rules.see
    street.rules.see = lambda now, events, lamps, **more: see(  # type: ignore[method-assign]
        now, [e for e in events if e[0] != dropped], lamps, **more
    )
    street.go(500, flips=0.1, presses=0.02)
    assert any(sentence in wrong for wrong in street.rules.wrong), street.rules.wrong[:3]
