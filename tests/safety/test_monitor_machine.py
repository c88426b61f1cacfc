"""Any mixture of wishes, lamp faults, operators and restarts: what is minted stays safe, a latch stays until cleared."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from edge.model.exchange import Readback
from edge.model.indications import Indication, Lamps
from edge.model.units import Ms
from edge.safety.monitor import Monitor, Verdict
from edge.safety.rules import Latch
from tests.safety import oracle
from tests.safety.streets import (
    ARROW,
    DONT_WALK,
    FLASH_RED,
    FLASH_YELLOW,
    GREEN,
    RED,
    SMALL,
    YELLOW,
    Image,
    Street,
    n,
    read,
)

pytestmark = pytest.mark.untraced

CHANNELS = [n(1), n(2), n(3), n(4), n(5)]
GAPS = st.sampled_from([1, 99, 100, 101, 200, 300, 500])
LAMPS = st.sampled_from([Lamps(bits) for bits in range(16)])


class MonitorMachine(RuleBasedStateMachine):
    """A street, an adversary who wants things, a device that reads lamps back, an operator, and a power switch."""

    def __init__(self) -> None:
        super().__init__()
        self.street = Street(SMALL)
        self.wanted: Image = self.street.flash
        self.wrong: dict[int, Lamps] = {}
        self.latch: Latch | None = None
        self.verdict: Verdict | None = None

    @initialize()
    def power_up(self) -> None:
        self.tick(400)

    def tick(self, gap: Ms) -> Verdict:
        street = self.street
        readbacks = [] if street.last is None else [read(street.last, street.now - 1, self.wrong)]
        self.verdict = street.tick(self.wanted, readbacks)
        street.now += gap
        was, self.latch = self.latch, self.verdict.latch
        if was is not None:
            assert self.latch == was, "a latch changed by itself"
        elif self.latch is not None:
            first = self.verdict.violations[0]
            assert self.latch == Latch(first.rule, first.channels, first.detail)
        return self.verdict

    @rule(gap=GAPS, ticks=st.integers(1, 4))
    def go_on(self, gap: Ms, ticks: int) -> None:
        for _ in range(ticks):
            self.tick(gap)

    @rule()
    def up_from_flash(self) -> None:
        flash = {FLASH_YELLOW: YELLOW, FLASH_RED: RED}
        rest = self.street.stopped
        leave = {number: flash.get(shown, rest[number]) for number, shown in self.street.flash.items()}
        for image, gap in ((self.street.flash, 400), (leave, 300), (rest, 600)):
            self.wanted = image
            self.tick(gap)

    @rule(channel=st.sampled_from(CHANNELS), shown=st.sampled_from(Indication), gap=GAPS)
    def want(self, channel: int, shown: Indication, gap: Ms) -> None:
        self.wanted = {**self.wanted, n(channel): shown}
        self.tick(gap)

    @rule(channel=st.sampled_from([n(1), n(2), n(4), n(5)]), green=GAPS, yellow=GAPS, arrow=st.booleans())
    def serve(self, channel: int, green: Ms, yellow: Ms, *, arrow: bool) -> None:
        begin = ARROW if arrow and channel == n(5) else GREEN
        for shown, gap in ((begin, green), (YELLOW, yellow), (RED, 100)):
            self.want(channel, shown, gap)

    @rule(gap=GAPS)
    def want_flash(self, gap: Ms) -> None:
        self.wanted = self.street.flash
        verdict = self.tick(gap)
        assert all(violation.rule.value.startswith("lamp-") for violation in verdict.violations)

    @rule(channel=st.sampled_from(CHANNELS), lamps=LAMPS)
    def break_a_lamp(self, channel: int, lamps: Lamps) -> None:
        self.wrong = {**self.wrong, channel: lamps}

    @rule()
    def mend_the_lamps(self) -> None:
        self.wrong = {}

    @rule()
    def clear(self) -> None:
        monitor, before = self.street.monitor, self.verdict
        assert before is not None
        refusal = monitor.clear(self.street.now, "the machine", "to go on")
        if refusal is None:
            assert before.violations == ()
            self.latch = None
        assert monitor.latch == self.latch

    @rule()
    def restart(self) -> None:
        stored = None if self.latch is None else Latch.from_dict(self.latch.to_dict())
        self.street.monitor = Monitor(SMALL, stored)
        self.street.minted, self.street.last = [], None
        self.wanted = self.street.flash
        self.tick(400)

    @invariant()
    def what_was_minted_is_safe(self) -> None:
        assert not self.street.minted or oracle.faults(SMALL, self.street.minted) == []

    @invariant()
    def a_latch_means_flash(self) -> None:
        if self.verdict is not None and self.verdict.latch is not None:
            assert self.verdict.permitted.shown == self.street.flash

    @invariant()
    def every_violation_means_a_latch(self) -> None:
        if self.verdict is not None and self.verdict.violations:
            assert self.verdict.latch is not None


TestMonitorMachine = MonitorMachine.TestCase
TestMonitorMachine.settings = settings(max_examples=4 * settings().max_examples, stateful_step_count=40)


def test_the_machine_reads_lamps_as_the_street_shows_them() -> None:
    street = Street(SMALL)
    street.now = 1_000
    permitted = street.tick(street.flash).permitted
    lamps = {n(1): Lamps.YELLOW, n(2): Lamps.RED, n(3): Lamps.NONE, n(4): Lamps.YELLOW, n(5): Lamps.RED}
    assert read(permitted, 1_005) == Readback(1, 1_005, lamps)
    assert street.stopped[n(3)] is DONT_WALK
