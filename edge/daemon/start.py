"""How the daemon comes up and goes down again. What is missing is said in a sentence; the street comes first.

Refused, with an exit code: another daemon (75), no site file that may run and no last good one, an empty `confirmed_by`
with real outputs, a driver that is not there (78). Gone on without, and said: a state directory, a control socket or a
service manager that cannot be used.
"""

import os
import sys
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import structlog

import drivers
import edge
from drivers.base import DriverError, OpenDevice
from drivers.registry import open_devices
from edge import __version__
from edge.check import check_file
from edge.check.whole import refusal_to_drive
from edge.clock import Clock, SystemClock
from edge.control_socket.listener import SocketInUse, bind
from edge.control_socket.protocol import Reply
from edge.control_socket.server import Server
from edge.daemon import safe_image
from edge.daemon.advising import Advising
from edge.daemon.casualties import Casualties
from edge.daemon.children import Nurse
from edge.daemon.desk import Desk
from edge.daemon.lock import AlreadyRunning, Lock
from edge.daemon.logs import catch_crashes, configure
from edge.daemon.loop import ControlLoop, Parts
from edge.daemon.narrator import Narrator
from edge.daemon.options import RunOptions
from edge.daemon.overrides import OverrideKeeper
from edge.daemon.posix import Signals
from edge.daemon.realtime import is_real_time, settle
from edge.daemon.recorder import Kept, Recorder, read_kept
from edge.daemon.site_choice import Chosen, SiteRules, choose
from edge.daemon.street import Street
from edge.daemon.takeover import Reloader
from edge.daemon.verbs import table
from edge.model.devices import MockOptions
from edge.model.site import Channel, Site
from edge.model.units import SECOND_MS
from edge.notify import Notifier, from_environment
from edge.status import render

EX_OK = 0
EX_TEMPFAIL = 75
EX_CONFIG = 78

SAFE_IMAGE = "safe-image"


class CannotRun(Exception):
    """The daemon does not start. The message says why and what to do."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def run(options: RunOptions, clock: Clock | None = None) -> int:
    """Run the controller until it is told to stop; returns the exit code (0, 75, 78).

    Takes the POSIX signals for itself; call it in the main thread.
    """
    with ExitStack() as ending:
        lines = configure(sys.stdout, debug=options.debug, held=options.console is not None, plain=options.simulated)
        ending.callback(lines.close)
        ending.callback(structlog.reset_defaults)
        catch_crashes()
        signals = Signals()
        ending.callback(signals.restore)
        try:
            loop = _build(options, clock or SystemClock(), ending)
        except CannotRun as refusal:
            structlog.get_logger().error("daemon.refused", code=refusal.code)
            sys.stderr.write(f"{refusal}\n")
            return refusal.code
        signals.attach(loop)
        settle()
        if options.child is not None:
            ending.callback(Nurse(options.child, lambda: loop.published.site if loop.published else None).stop)
        if options.console is not None:
            ending.callback(options.console.stop)
            options.console.start(lambda: _read(loop))
        loop.run()
        structlog.get_logger().info("daemon.stopped", asked=loop.ending.why, overdue=loop.ending.overdue)
    return EX_OK


def _build(options: RunOptions, clock: Clock, ending: ExitStack) -> ControlLoop:
    """Everything from the lock to the started drivers. What is opened is closed by `ending`, last first."""
    _same_distribution()
    with suppress(OSError):  # the stores say it, with the path and what to do
        options.state_dir.mkdir(parents=True, exist_ok=True)
    _lock(options, ending)
    notifier = _notifier(ending)
    kept = read_kept(options.state_dir)
    chosen = _choose(options)
    site = chosen.site
    opened = _open(options, site, clock, ending)
    recorder = Recorder(options.state_dir, site, chosen.source, clock, journal=options.journal)
    ending.callback(recorder.close)
    if not options.simulated:
        _write_safe_image(options.state_dir, site, recorder)
    loop = ControlLoop(
        Parts(
            Street(site, opened, clock, kept.latch),
            clock,
            notifier,
            Desk(kept.operator_flash, OverrideKeeper(kept.overrides, clock.wall())),
            recorder,
            Reloader(options.config, _rules(options), chosen.refused),
            Narrator(greens=options.narrate),
            Advising(site, chosen.source),
            None if options.plant is None else options.plant(site, opened),
            _casualties(ending),
        ),
        str(chosen.file),
        None if options.duration_s is None else round(options.duration_s * SECOND_MS),
    )
    _serve(options.socket, loop, clock, ending)
    _tell_start(options, chosen)
    _tell_what_was_kept(kept, chosen)
    return loop


def _tell_start(options: RunOptions, chosen: Chosen) -> None:
    structlog.get_logger().info(
        "daemon.started",
        version=__version__,
        site=chosen.site.name,
        file=str(chosen.file),
        hash=chosen.site.file_hash,
        simulated=options.simulated,
        real_time=is_real_time(),
    )


def _casualties(ending: ExitStack) -> Casualties:
    casualties = Casualties()
    casualties.watch()
    ending.callback(casualties.leave)
    return casualties


def _read(loop: ControlLoop) -> Reply | None:
    published = loop.published
    return None if published is None else render.status(published)


def _same_distribution() -> None:
    if edge.DISTRIBUTION != drivers.DISTRIBUTION:
        raise CannotRun(
            EX_CONFIG,
            f"the package drivers ({drivers.__file__}) is not Stopline's ({edge.__file__}). "
            "Another distribution has put a package of that name into this environment: install stopline into its own.",
        )


def _lock(options: RunOptions, ending: ExitStack) -> None:
    """One daemon for a state directory and for a socket. A folder that cannot be written holds no lock."""
    for path in (options.state_dir / "lock", options.socket.with_name(f"{options.socket.name}.lock")):
        try:
            ending.callback(Lock(path).release)
        except AlreadyRunning as error:
            raise CannotRun(EX_TEMPFAIL, str(error)) from error
        except OSError as error:
            structlog.get_logger().warning("lock.not_taken", path=str(path), said=str(error))


def _notifier(ending: ExitStack) -> Notifier:
    try:
        notifier = from_environment(os.environ)
    except OSError as error:
        structlog.get_logger().warning("service_manager.not_reached", said=str(error))
        notifier = Notifier()
    ending.callback(notifier.close)
    return notifier


def _rules(options: RunOptions) -> SiteRules:
    return SiteRules(check_file, lambda site: None if options.simulated else refusal_to_drive(site))


def _choose(options: RunOptions) -> Chosen:
    chosen = choose(options.config, options.state_dir, _rules(options))
    if isinstance(chosen, str):
        raise CannotRun(EX_CONFIG, chosen)
    return chosen


def _open(options: RunOptions, site: Site, clock: Clock, ending: ExitStack) -> dict[str, OpenDevice]:
    """Open and start every device; in a simulated run every one is a mock."""
    devices = list(site.devices.values())
    if options.simulated:
        devices = [replace(d, options=MockOptions(d.options.stale_after_ms)) for d in devices]
    try:
        opened = open_devices(devices, _wired(site), clock.monotonic_ms)
        for device in opened.values():
            for face in device.faces:
                ending.callback(face.stop)
                face.start()
    except DriverError as error:
        raise CannotRun(EX_CONFIG, f"{options.config}: {error}") from error
    return opened


def _wired(site: Site) -> dict[str, tuple[Channel, ...]]:
    return {name: tuple(c for c in site.channels.values() if c.output == name) for name in site.devices}


def _write_safe_image(state_dir: Path, site: Site, recorder: Recorder) -> None:
    """Before the first lamp is lit: what outputs-safe is to write when this process is gone."""
    path = state_dir / SAFE_IMAGE
    try:
        text = safe_image.render(site)
        safe_image.write(path, text)
    except ValueError as error:
        structlog.get_logger().error("safe_image.not_written", path=str(path), said=str(error))
    except OSError as error:
        structlog.get_logger().error("safe_image.not_written", path=str(path), said=str(error))
        recorder.errands.run(f"{path} cannot be written", lambda: safe_image.write(path, text))


def _serve(path: Path, loop: ControlLoop, clock: Clock, ending: ExitStack) -> None:
    """The control socket. Without one the street runs all the same; nobody can look in, and the log says so."""
    try:
        listener = bind(path)
    except SocketInUse as error:
        raise CannotRun(EX_TEMPFAIL, str(error)) from error
    except OSError as error:
        structlog.get_logger().error("control_socket.not_opened", path=str(path), said=str(error))
        return
    server = Server(listener, table(loop), loop.audit, clock.monotonic_ms)
    ending.callback(lambda: path.unlink(missing_ok=True))
    ending.callback(server.stop)
    loop.served_by = server
    server.start()


def _tell_what_was_kept(kept: Kept, chosen: Chosen) -> None:
    log = structlog.get_logger()
    if chosen.refused:
        log.error("site.refused", runs=str(chosen.file), report=chosen.refused)
    if kept.problem:
        log.error("state.lost", said=kept.problem)
    if kept.latch is not None:
        log.warning("monitor.latched_before_restart", rule=kept.latch.rule.value, detail=kept.latch.detail)
    if kept.operator_flash is not None:
        log.warning("flash.asked_before_restart", who=kept.operator_flash.who, why=kept.operator_flash.why)
