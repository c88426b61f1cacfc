"""The control loop: absolute monotonic deadlines every 100 ms, and what the daemon does around each tick.

Rules
- A deadline that has passed is not made up for: the next one is the next on the raster. The tick is told the time it
  really began at, so lateness lengthens intervals and shortens none.
- The watchdog is fed after a tick that began and ended within its period and whose lamps are accounted for: confirmed
  by every device, or known to be unconfirmed by an engine that has gone to flash (docs/adr/0051).
- Nothing here waits for a disk, a socket or a terminal.
"""

from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

import structlog

from edge import __version__
from edge.clock import Clock
from edge.control_socket.connection import Pending
from edge.control_socket.server import Audit
from edge.daemon.advising import Advising
from edge.daemon.casualties import Casualties
from edge.daemon.desk import Desk, Wish, answer
from edge.daemon.ending import Ending
from edge.daemon.narrator import Narrator
from edge.daemon.options import PlantHook
from edge.daemon.overrides import Tick
from edge.daemon.recorder import Recorder
from edge.daemon.street import Stepped, Street
from edge.daemon.takeover import Reloader, TakeOver, first_line
from edge.model.exchange import CoreStatus, Mode, Rung
from edge.model.faults import Response
from edge.model.observation import OBSERVE_EVERY_MS
from edge.model.units import SECOND_MS, TICK_MS, Ms
from edge.notify import Notifier
from edge.status import render
from edge.status.facts import Entry, Published, ShellFacts

_US_PER_MS = 1_000

_SHOWN_ENTRIES = 8

_LAST_IMAGES = 3
"""Ours: flash is submitted so many ticks long when the engine has failed; a driver takes an image in one or two."""

READY_BY_MS: Ms = 10 * SECOND_MS
"""Ours: so long after the start the service is ready even with an output device that does not answer: its loss is a
fault by then, the lamps are in flash, and a restart would not mend it."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the loop is made of."""

    street: Street
    clock: Clock
    notifier: Notifier
    desk: Desk
    recorder: Recorder
    reloader: Reloader
    narrator: Narrator
    advising: Advising
    plant: PlantHook | None = None
    casualties: Casualties = field(default_factory=Casualties)


class News(Protocol):
    """The control socket, as far as the loop knows it."""

    followers: int
    misunderstood: int

    def wake(self) -> None:
        """Have it look whether there is something new."""


class ControlLoop:
    """One run of the daemon. Steppable: `step()` does one tick, `run()` goes on until the end."""

    def __init__(self, parts: Parts, file: str, duration_ms: Ms | None = None) -> None:
        self._p = parts
        self.desk = parts.desk
        self.advising = parts.advising
        self.served_by: News | None = None
        """The control socket, once there is one."""
        self.ending = Ending(parts.street.site.longest_stop_ms)
        self.published: Published | None = None
        self._file = file
        self._plant = parts.plant
        self._changing: tuple[TakeOver, Ending] | None = None
        self._notes: deque[Audit] = deque()
        self._snapshots: deque[str] = deque()
        self._mode: Mode | None = None
        self._recent: tuple[Entry, ...] = ()
        self._ready = False
        self._kept = False
        self._announced = False
        self._told_ms: Ms = 0
        self._observed_ms: Ms = 0
        self._began = parts.clock.monotonic_ms()
        self._deadline: Ms | None = None
        self._stop_by = None if duration_ms is None else self._began + duration_ms
        self._log = structlog.get_logger()
        parts.recorder.begin(parts.street.tick.monitor.latch)

    # ── what others may call, from any thread ───────────────────────────────────────────────────

    def tail(self, count: int) -> list[Entry]:
        """The newest entries of the memory ring, oldest first."""
        ring = self._p.recorder.ring.copy()
        return list(islice(ring, max(0, len(ring) - count), None))

    def ask_stop(self, who: str, why: str) -> None:
        """Through clearance to flash and out; asked again: at once."""
        self.ending.ask(who, why)

    def ask_reload(self, pending: Pending | None = None) -> None:
        """Have the site file read again."""
        self._p.reloader.ask(pending)

    def ask_snapshot(self, reason: str) -> None:
        """Have the last half minute written after the next tick."""
        self._snapshots.append(reason)

    def audit(self, audit: Audit) -> None:
        """Take note of a changing verb: a log line, and a line in the memory ring."""
        said = {"verb": audit.verb, "who": audit.who, "pid": audit.pid, "why": audit.why}
        if audit.refused:
            self._log.warning("operator.refused", **said, sentence=audit.refused)
        else:
            self._log.info("operator.asked", **said)
        self._notes.append(audit)

    # ── the loop ────────────────────────────────────────────────────────────────────────────────

    def run(self) -> None:
        """Tick until the run has come to its end in flash.

        A fault of our own, anywhere in a tick, flashes and is raised again: the process ends, and a restart begins in flash.
        """
        try:
            while not self.step():
                pass
        except Exception:
            self._flash_and_leave()
            raise

    def _flash_and_leave(self) -> None:
        """Show flash for as long as the devices need to take it; the unit's outputs-safe comes after us."""
        clock = self._p.clock
        self._log.error("engine.failed", exc_info=True)
        for _ in range(_LAST_IMAGES):
            self._p.street.flash(clock.monotonic_ms())
            clock.sleep_until(clock.monotonic_ms() + TICK_MS)

    def step(self) -> bool:
        """Sleep to the next deadline and do one tick. True: the run is over, flash is shown."""
        self._p.casualties.raise_first()
        clock, street = self._p.clock, self._p.street
        deadline = clock.monotonic_ms() if self._deadline is None else self._deadline
        late_us = clock.sleep_until(deadline)
        now = clock.monotonic_ms()
        if self._plant is not None:
            self._plant.step(now)
        wishes = self._wishes(now)
        standing = (*self._p.recorder.faults(), *self._p.reloader.fault())
        commands = tuple(wish.command for wish in wishes)
        stepped = street.step(now, late_us, commands, standing, self.advising.take())
        over = self._after(stepped, wishes)
        self._deadline = deadline + TICK_MS * (1 + (now - deadline) // TICK_MS)
        done = clock.monotonic_ms()
        fed = late_us < TICK_MS * _US_PER_MS and done < deadline + TICK_MS and street.lamps_accounted_for(stepped)
        if fed:
            self._p.notifier.watchdog()
        street.punctuality.ended(now, done - now, fed=fed)
        return over

    def _wishes(self, now: Ms) -> list[Wish]:
        """The commands of this tick: operators', and those of a stop or a take-over."""
        if self._stop_by is not None and now >= self._stop_by and not self.ending.asked:
            self.ending.ask("stopline", "the asked duration is over")
        own = self.ending.commands(now)
        if not own and self._changing is not None and not self.ending.asked:
            own = self._changing[1].commands(now)
        return [*self._p.desk.take(self._p.clock.wall()), *(Wish(command) for command in own)]

    def _after(self, stepped: Stepped, wishes: list[Wish]) -> bool:
        """Everything that follows from a tick. True: the run is over."""
        result = stepped.result
        self._p.recorder.take(stepped)
        self._p.recorder.keep(result.verdict.latch, self.desk.operator_flash)
        self._keep_overrides(stepped)
        self._p.narrator.tell(stepped)
        answer(wishes, result.decision, {id(command): refusal for command, refusal in result.refusals})
        self._take_notes(stepped)
        self.published = self._state(stepped)
        self._observe(stepped.now, self.published.core)
        self._tell_service_manager(stepped.now, self.published)
        return self._come_to_an_end(stepped)

    def _observe(self, now: Ms, core: CoreStatus) -> None:
        """Once a second: show the adaptive layer what was seen."""
        if now - self._observed_ms < OBSERVE_EVERY_MS - TICK_MS // 2:
            return
        self._observed_ms = now
        reasons = {phase.number: phase.reason for phase in core.phases}
        self.advising.show(self._p.street.tick.controller.observation(), reasons)
        if self.served_by is not None and self.served_by.followers:
            self.served_by.wake()

    def _keep_overrides(self, stepped: Stepped) -> None:
        """Say and store what has become of operators' overrides."""
        keeper, epoch_ms = self.desk.overrides, stepped.local.epoch_ms
        tick = Tick(stepped.now, epoch_ms, stepped.inputs.commands)
        for note in keeper.see(tick, stepped.result.decision.overrides):
            self._p.recorder.note(epoch_ms, note)
            self._log.info("override.changed", said=note)
        self._p.recorder.keep_overrides(keeper.stored)

    def _take_notes(self, stepped: Stepped) -> None:
        epoch_ms, mode = stepped.local.epoch_ms, stepped.result.decision.mode
        while self._notes:
            audit = self._notes.popleft()
            outcome = f" (refused: {audit.refused})" if audit.refused else ""
            self._p.recorder.note(epoch_ms, f"{audit.who}: {audit.verb}: {audit.why}{outcome}")
        if mode is Mode.FLASH and self._mode not in {None, Mode.FLASH, Mode.START_UP_FLASH}:
            self._snapshots.append(self._why_flash(stepped))
        self._mode = mode
        ring = self._p.recorder.ring
        if ring and (not self._recent or ring[-1] is not self._recent[-1]):
            self._recent = tuple(self.tail(_SHOWN_ENTRIES))
        while self._snapshots:
            self._p.recorder.snapshot(self._snapshots.popleft(), self._core(stepped.now), epoch_ms)

    def _why_flash(self, stepped: Stepped) -> str:
        decision = stepped.result.decision
        if decision.rung is Rung.FLASH:
            worst = (f.sentence for f in decision.faults if f.row.response in {Response.FLASH, Response.LATCHED_FLASH})
            return next(worst)
        if self.ending.asked:
            return f"stop: {self.ending.why}"
        asked = self.desk.operator_flash
        return f"flash asked by {asked.who}: {asked.why}" if asked else "reload or schedule"

    def _core(self, now: Ms) -> CoreStatus:
        return self._p.street.tick.controller.status(now)

    def _state(self, stepped: Stepped) -> Published:
        street, verdict = self._p.street, stepped.result.verdict
        return Published(
            street.site,
            self._core(stepped.now),
            verdict.permitted.shown,
            None if verdict.latch is None else verdict.latch.to_dict(),
            stepped.local,
            street.device_facts(),
            street.punctuality.facts(),
            self._shell_facts(),
            self._recent,
        )

    def _shell_facts(self) -> ShellFacts:
        return ShellFacts(
            version=__version__,
            file=self._file,
            degraded=first_line(self._p.reloader.refused),
            started_ms=self._began,
            stopping=self.ending.asked,
            simulated=self._plant is not None,
            operator_flash=self.desk.operator_flash,
            counters=self._counters(),
        )

    def _counters(self) -> dict[str, int]:
        lines = {} if self.served_by is None else {"lines_misunderstood": self.served_by.misunderstood}
        return self._p.recorder.counters() | self.advising.counters() | lines

    # ── systemd ─────────────────────────────────────────────────────────────────────────────────

    def _tell_service_manager(self, now: Ms, published: Published) -> None:
        confirmed = self._p.street.outputs.all_verified
        if not self._ready and (confirmed or now - self._began > READY_BY_MS):
            self._ready = True
            self._p.notifier.ready(render.sentence(published))
            self._log.info("daemon.ready", after_ms=now - self._began, outputs_confirmed=confirmed)
        if confirmed and not self._kept and not self._p.reloader.refused:
            self._kept = True
            self._p.recorder.keep_last_good()
        if now - self._told_ms >= SECOND_MS:
            self._told_ms = now
            self._p.narrator.tell_devices(published.devices)
            if not self.ending.asked:
                self._p.notifier.status(render.sentence(published))

    # ── ends and take-overs ─────────────────────────────────────────────────────────────────────

    def _come_to_an_end(self, stepped: Stepped) -> bool:
        if self.ending.asked:
            if self._changing is not None:
                self._changing[0].given_up("the controller is stopping")
                self._changing = None
            self._announce_stop()
            return self._in_flash(self.ending, stepped)
        if self._changing is None:
            self._look_for_take_over()
        elif self._in_flash(self._changing[1], stepped):
            self._take_over(self._changing[0])
        return False

    def _in_flash(self, ending: Ending, stepped: Stepped) -> bool:
        outputs, stopped = self._p.street.outputs, stepped.result.decision.stopped
        return ending.done(
            stepped.now, stopped=stopped, newest=outputs.newest_sequence, confirmed=outputs.oldest_confirmed
        )

    def _announce_stop(self) -> None:
        if self._announced:
            return
        self._announced = True
        self._log.info("daemon.stopping", asked=self.ending.why, at_most_ms=self.ending.bound_ms)
        self._p.notifier.stopping(f"Stopping through clearance to flash ({self.ending.why})")
        self._p.notifier.extend_timeout(self.ending.bound_ms + SECOND_MS)

    def _look_for_take_over(self) -> None:
        street = self._p.street
        found = self._p.reloader.poll(street.site)
        if found is None:
            return
        ending = Ending(street.site.longest_stop_ms)
        ending.ask("stopline", "reload")
        self._changing = (found, ending)
        self._log.info("site.accepted", changed=list(found.changed), hash=found.site.file_hash)

    def _take_over(self, found: TakeOver) -> None:
        """Flash is shown: a new engine starts on the same devices, as after a restart."""
        self._changing = None
        street = self._p.street
        street.take_over(found.site)
        self._p.desk.order_again()
        self.ending.bound_ms = Ending(found.site.longest_stop_ms).bound_ms  # a stop may have been asked for meanwhile
        self.advising.run(found.site, found.source)
        self._p.recorder.take_over(found.site, found.source, street.tick.monitor.latch)
        self._p.recorder.keep_last_good()
        found.done()
        self._log.info("site.taken_over", changed=list(found.changed), hash=found.site.file_hash)
