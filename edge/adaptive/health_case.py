"""One loop's case: what speaks against it, the verdict, and how it wins trust back."""

from edge.adaptive.health_chatter import Chatter
from edge.adaptive.health_dead import Dead
from edge.adaptive.health_evidence import DEAD_FROM_START, RULES, Evidence, Ill, Odds, convicts
from edge.adaptive.health_lane import LaneLamps
from edge.adaptive.health_loop import LoopTrack
from edge.adaptive.health_stuck import Stuck
from edge.adaptive.health_words import MOST_COME_AND_GO, Verdict, sentence
from edge.model.units import HOUR_MS, MINUTE_MS, SECOND_MS, DetectorNumber, Ms

VISIT_S = 4.0
"""Who comes after so long a gap is not of the platoon before. Ours."""
JUST_S = 2.0
"""An edge so long ago came in this second or the one before."""
_STOOD_S = 3.0
"""Who is on a stop bar for so long under red, stands. Ours."""
_QUIET_NATS = 2.0
"""A sequential test that has come down to this no longer speaks. Ours."""
_FIRST_HOLD_MS: Ms = MINUTE_MS
_HOLD_GROWS = 4
_LONGEST_HOLD_MS: Ms = HOUR_MS


class Trust:
    """The memory that makes a loop which comes and goes wait longer each time before it is believed again.

    The first time it heals at once, so that a false alarm costs least; then after 1, 4, 16, 60 minutes of health. A failure
    is forgotten by half in an hour. Ours.
    """

    __slots__ = ("_failures", "_last_ms")

    def __init__(self) -> None:
        self._failures = 0.0
        self._last_ms: Ms = 0

    def failed(self, now: Ms) -> None:
        """It has failed once more."""
        self._failures = self._failures * 0.5 ** ((now - self._last_ms) / HOUR_MS) + 1
        self._last_ms = now

    @property
    def hold_ms(self) -> Ms:
        """For how long it must be healthy before it is believed again."""
        again = round(self._failures) - 2
        return min(_LONGEST_HOLD_MS, _FIRST_HOLD_MS * _HOLD_GROWS**again) if again >= 0 else 0


class LoopCase:
    """Everything about one loop. `verdict` is None while it is believed."""

    __slots__ = (
        "_by_most", "_held_until", "_red_fell", "_red_stood", "_rises", "chatter", "dead", "in_minute",
        "lamps", "mates", "not_alone", "number", "rose_now", "stop_bar", "stuck", "track", "trust", "verdict",
        "visited", "with_most",
    )  # fmt: skip

    def __init__(
        self, number: DetectorNumber, lamps: LaneLamps, now: Ms, others: int, *, on: bool, stop_bar: bool
    ) -> None:
        self.number, self.lamps, self.stop_bar = number, lamps, stop_bar
        self.track = LoopTrack(now, on=on)
        self.mates: tuple[LoopCase, ...] = ()
        self.stuck = Stuck(len(lamps.lane.movements), stop_bar=stop_bar)
        self.dead = Dead(now, Odds(3.0, 0.2 if stop_bar else 1.5), others, may_leave=lamps.turns_on_red)
        self.chatter = Chatter(stop_bar=stop_bar)
        self.trust = Trust()
        self.verdict: Verdict | None = None
        self.rose_now = 0  # actuations in the second that is being closed
        self.in_minute = 0
        self.not_alone = self.with_most = False  # another loop of its approach comes and goes, or most do
        self._by_most = False  # only because they do
        self.visited = False  # somebody new came in this second, nobody of a platoon
        self._rises = 0
        self._held_until: Ms | None = None
        self._red_stood = self._red_fell = False

    @property
    def believed(self) -> bool:
        """Whether nothing stands against it."""
        return self.verdict is None

    @property
    def speaks(self) -> bool:
        """Whether it may witness against others: seen alive, believed, and nothing doubtful about it."""
        return self.track.alive and self.verdict is None and not self.chatter.doubtful

    @property
    def is_intermittent(self) -> bool:
        """Whether it comes and goes, or is taken to because most beside it do."""
        return self.verdict is not None and self.verdict.ill is Ill.INTERMITTENT

    @property
    def comes_and_goes(self) -> bool:
        """Whether it is known to, by itself."""
        return self.is_intermittent and not self._by_most

    @property
    def drops_out(self) -> bool:
        """Whether it does so now, as far as is known: it has not looked healthy since."""
        return self.comes_and_goes and self._held_until is None

    @property
    def is_true_when_on(self) -> bool:
        """Whether somebody is there when it says so. A loop that comes and goes is wrong only where it is silent."""
        return self.speaks or self.is_intermittent

    def edge(self, at: Ms, *, on: bool) -> None:
        """Take in one edge."""
        if on == self.track.on:
            return
        was_on_ms, free_s = at - self.track.since_ms, self.track.quiet_s(at)
        self.track.edge(at, on=on)
        if on:
            self._rises += 1
            self.stuck.rose(self.lamps)
            self.visited = self.visited or free_s >= VISIT_S
            self.chatter.rose(self.lamps)
            return
        self.stuck.fell()
        if self.lamps.is_red and was_on_ms > _STOOD_S * SECOND_MS:
            self._red_fell = True

    def count(self) -> int:
        """Close the count of this second."""
        self.rose_now, self._rises = self._rises, 0
        self.in_minute += self.rose_now
        return self.rose_now

    def second(self, now: Ms, came_elsewhere: int, *, dry: bool) -> None:
        """Close one second. `dry`: nobody can be left to stand here."""
        learn = self.verdict is None and not self.chatter.doubtful
        self.track.second(now, self.rose_now, learn=learn)
        self.chatter.second(self.rose_now, self.track.pulses)
        self.dead.second(now, self.track)
        self.dead.silence.second(
            silent=not self.track.on and not self.rose_now, came_elsewhere=came_elsewhere, learn=self.verdict is None
        )
        self.visited = False
        if self.track.on:
            self.stuck.second(self.lamps, dry=dry)
            self._red_stood = self._red_stood or (self.lamps.is_red and self.track.on_s(now) > _STOOD_S)

    def minute_over(self, mates: int | None, mean: float) -> None:
        """A minute is over. `mates`: actuations of the other loops of its lane; `mean`: of a loop in other lanes."""
        expected = self.track.rate * MINUTE_MS / SECOND_MS
        self.chatter.minute_over(self.in_minute, expected, mates, mean)

    def red_over(self) -> None:
        """A red of its lane is over."""
        self.chatter.red_over()
        if self.stop_bar and self._red_stood:
            self.dead.red_over(vanished=self._red_fell)
        self._red_stood = self._red_fell = False

    def freshen(self, now: Ms) -> None:
        """Nobody knows what happened until now."""
        self.track.freshen(now)
        self.stuck.clear()
        self.dead.freshen()
        self.chatter.freshen()
        self._rises = 0
        self._red_stood = self._red_fell = False

    # ── the verdict ─────────────────────────────────────────────────────────────────────────────

    def judge(self, now: Ms) -> None:
        """Convict, heal, or hold."""
        if self._by_most and not self.with_most:
            self._by_most, self.verdict = False, None
        if self._held_until is not None:
            if now >= self._held_until:
                self._held_until = self.verdict = None
        elif self.verdict is not None and self._healed(self.verdict.ill, now):
            self._release(now, self.verdict)
        if self.verdict is None or self.verdict.ill is Ill.UNPROVED or self._by_most:
            self._convict(now, self.evidence(now))
        if self.with_most and self.verdict is None:
            self._by_most, self.verdict = True, Verdict(Ill.INTERMITTENT, now, MOST_COME_AND_GO)

    def evidence(self, now: Ms) -> dict[Ill, Evidence]:
        """What speaks against it, by what it would suffer from; what cannot be is left out."""
        found: dict[Ill, Evidence] = {}
        if self.track.on:
            found[Ill.STUCK] = self.stuck.evidence(now, self.track, self.lamps)
        else:
            found[Ill.DEAD] = self.dead.evidence(self.track)
        if self.chatter.doubtful:
            found[Ill.CHATTER] = self.chatter.evidence()
        if self.dead.comes_and_goes > _QUIET_NATS and not self.dead.odds.row:  # it has just been seen alive
            found[Ill.INTERMITTENT] = self.dead.now_and_then(not_alone=self.not_alone)
        return found

    def unproved(self, now: Ms, why: str) -> None:
        """Nobody has seen it alive, nor any other loop of its phase."""
        if self.verdict is None:
            self.verdict = Verdict(Ill.UNPROVED, now, why)

    def dead_with_all(self, now: Ms, why: str) -> None:
        """It is silent together with every loop of its approach."""
        if self.verdict is None or self.verdict.ill is Ill.UNPROVED:
            self.trust.failed(now)
            self.verdict = Verdict(Ill.DEAD, now, why)

    def device_says(self, now: Ms, why: str | None) -> None:
        """What the device, or the controller's own diagnosis, reports at this second; None: nothing."""
        ill = self.verdict.ill if self.verdict else None
        if why is not None and ill is not Ill.DEVICE:
            self.trust.failed(now)
            self._held_until, self._by_most, self.verdict = None, False, Verdict(Ill.DEVICE, now, why)
        elif why is None and ill is Ill.DEVICE and self.verdict and self._held_until is None:
            self.freshen(now)
            self._release(now, self.verdict)

    def _convict(self, now: Ms, against: dict[Ill, Evidence]) -> None:
        for ill, evidence in against.items():
            never = ill is Ill.DEAD and not self.track.alive
            if convicts(evidence, DEAD_FROM_START if never else RULES[ill]):
                self.trust.failed(now)
                self._by_most, self.verdict = False, Verdict(ill, now, sentence(ill, evidence))
                return

    def _healed(self, ill: Ill, now: Ms) -> bool:
        match ill:
            case Ill.STUCK:
                return not self.track.on
            case Ill.DEAD:
                return self.track.on or self.track.quiet_s(now) < JUST_S
            case Ill.UNPROVED:
                return self.track.alive
            case Ill.CHATTER:
                return not self.chatter.doubtful
            case Ill.INTERMITTENT if self._by_most:
                return False
            case Ill.INTERMITTENT:
                return self.dead.missing.nats < _QUIET_NATS and self.dead.nobody_vanishes
            case Ill.DEVICE:
                return False

    def _release(self, now: Ms, verdict: Verdict) -> None:
        """It looks healthy: believed at once, or, if it has failed before, after a time that grows."""
        hold_ms = self.trust.hold_ms if verdict.ill is not Ill.UNPROVED else 0
        if verdict.ill is not Ill.CHATTER:
            self.chatter.clear()
        self.dead.clear()
        if not hold_ms:
            self.verdict = None
            return
        self._held_until = now + hold_ms
        again = f"looks healthy again; has failed before, so it is believed after {hold_ms // SECOND_MS} s"
        self.verdict = Verdict(Ill.INTERMITTENT, verdict.since_ms, again)


def silent(case: LoopCase) -> bool:
    """Whether a loop tells nothing of who may wait: bad, never seen alive, or free for improbably long by its own rate."""
    if case.verdict is not None:
        return case.verdict.ill is not Ill.STUCK
    if case.track.on:
        return False
    return not case.track.alive or case.dead.silence.own >= PROBED_FROM


PROBED_FROM = 3.0
"""Nats of silence at its own rate from which on somebody may wait unseen: one in twenty. Ours: a probe costs a minimum
green."""
