"""What is published, as plain values ready for JSON. Pure; runs in the thread of whoever asks, never in the loop's.

Times are seconds with one decimal, instants ISO 8601 with the site's offset, names those of the model in lower case.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum, IntEnum
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from edge.model.events import EventCode
from edge.model.exchange import CoreStatus, DetectorStatus, Interval, Mode, OverlapStatus, PhaseStatus, Rung
from edge.model.faults import Fault, Response
from edge.model.plans import LocalTime
from edge.model.sequence import Sequence as Rings
from edge.model.site import Channel, Site
from edge.model.units import SECOND_MS, Ms, PhaseNumber
from edge.status.adaptive import adaptive
from edge.status.control import control
from edge.status.coordination import coordination, step_sentence
from edge.status.facts import DeviceFacts, Entry, LoopFacts, Published, ShellFacts

Said: TypeAlias = dict[str, Any]
"""One reply, ready for JSON."""

_US_PER_MS = 1_000
_SHOWN_ENTRIES = 8


class Level(IntEnum):
    """How it is, in the numbers of the monitoring plug-ins."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


def status(published: Published) -> Said:
    """Everything on one screen."""
    site, core = published.site, published.core
    return {
        "site": _site(published),
        "time": _time(published.local, site.timezone),
        "mode": _word(core.mode),
        "rung": _word(core.rung),
        "sentence": sentence(published),
        "control": control(published),
        "plan": _plan(site, core),
        "preempt": _preempt(core),
        "priorities": [{"number": p.number, "doing": p.doing} for p in core.priorities],
        "rings": [_ring(ring, core) for ring in _order(site, core).rings],
        "adaptive": adaptive(core.now, core.adaptive),
        "phases": [_phase(site, phase) for phase in core.phases],
        "overlaps": [_overlap(site, overlap) for overlap in core.overlaps],
        "detectors": [_detector(site, core.now, detector) for detector in core.detectors],
        "outputs": _outputs(published),
        "devices": [_device(core.now, device) for device in published.devices],
        "loop": _loop(published.loop),
        "faults": [_fault(core.now, fault) for fault in core.faults],
        "operator": _operator(published.shell),
        "recent": entries(published.entries[-_SHOWN_ENTRIES:], site.timezone),
    }


def faults(published: Published) -> Said:
    """What is wrong, since when, what it does and what ends it."""
    core = published.core
    return {
        "mode": _word(core.mode),
        "rung": _word(core.rung),
        "latch": published.latch,
        "faults": [_fault(core.now, fault) for fault in core.faults],
    }


def detectors(published: Published) -> Said:
    """Every detector and what it last saw."""
    now = published.core.now
    return {"detectors": [_detector(published.site, now, detector) for detector in published.core.detectors]}


def health(published: Published) -> Said:
    """One line for monitoring, and the facts behind it."""
    level = health_level(published)
    shell, now = published.shell, published.core.now
    return {
        "level": int(level),
        "word": level.name.lower(),
        "sentence": sentence(published),
        "degraded": shell.degraded,
        "version": shell.version,
        "up_s": _seconds(now - shell.started_ms),
        "faults": [fault.kind.value for fault in published.core.faults],
        "devices": [_device(now, device) for device in published.devices],
        "loop": _loop(published.loop),
        "counters": dict(shell.counters or {}),
    }


def entries(ring: Sequence[Entry], timezone: str) -> list[Said]:
    """The memory ring, oldest first."""
    zone = ZoneInfo(timezone)
    return [_entry(entry, zone) for entry in ring]


def health_level(published: Published) -> Level:
    """Flash by a fault is critical; running with a fault, or below what the site file asks, is a warning."""
    core, shell = published.core, published.shell
    if core.mode is Mode.START_UP_FLASH and core.rung is not Rung.FLASH:
        return Level.UNKNOWN
    if core.rung is Rung.FLASH:
        return Level.CRITICAL
    if core.faults or shell.degraded or shell.operator_flash or shell.stopping:
        return Level.WARNING
    return Level.OK


def sentence(published: Published) -> str:
    """How it stands in one sentence, for systemd, `health` and the first line of the screen."""
    said = _mode_sentence(published)
    if published.shell.degraded:
        said += f"; degraded: {published.shell.degraded}"
    standing = published.core.faults
    if standing:
        worst = max(standing, key=_gravity)
        more = f" (and {len(standing) - 1} more)" if len(standing) > 1 else ""
        said += f"; {worst.sentence}{more}"
    return said


def _mode_sentence(published: Published) -> str:
    core, shell = published.core, published.shell
    asked = shell.operator_flash
    if shell.stopping:
        return f"Stopping: {_word(core.mode).replace('_', ' ')}"
    if core.mode is Mode.FLASH and asked is not None and core.rung is not Rung.FLASH:
        return f"Flash, asked by {asked.who}: {asked.why}"
    if core.mode is not Mode.RUN:
        return _word(core.mode).replace("_", " ").capitalize()
    if core.preempt is not None:
        return f"Preempt {core.preempt.number} ({core.preempt.kind}): {core.preempt.stage}"
    plan = published.site.plans[core.plan] if core.plan is not None else None
    if plan is None:
        return f"Running free, {'adaptive' if core.adaptive is not None and core.adaptive.acting else 'actuated'}"
    running = f"Running plan {plan.number} {plan.name}".rstrip()
    return f"{running}, coordinated, {step_sentence(core.coordination)}" if core.coordination else running


def _gravity(fault: Fault) -> int:
    return list(Response).index(fault.row.response)


def _site(published: Published) -> Said:
    site, shell = published.site, published.shell
    return {
        "id": site.id,
        "name": site.name,
        "file": shell.file,
        "hash": site.file_hash,
        "degraded": shell.degraded,
        "simulated": shell.simulated,
        "version": shell.version,
        "up_s": _seconds(published.core.now - shell.started_ms),
    }


def _time(local: LocalTime | None, timezone: str) -> Said | None:
    if local is None:
        return None
    return {
        "local": _instant(local.epoch_ms, ZoneInfo(timezone)),
        "epoch_ms": local.epoch_ms,
        "zone": timezone,
        "synced": local.synced,
    }


def _plan(site: Site, core: CoreStatus) -> Said | None:
    if core.plan is None:
        return None
    plan = site.plans[core.plan]
    return {
        "number": plan.number,
        "name": plan.name,
        "cycle_s": _seconds(plan.cycle_ms),
        "offset_s": _seconds(plan.offset_ms),
        "at_s": _seconds(core.cycle_ms),
        "coordination": coordination(core.coordination),
    }


def _preempt(core: CoreStatus) -> Said | None:
    running = core.preempt
    if running is None:
        return None
    return {
        "number": running.number,
        "kind": running.kind,
        "stage": running.stage,
        "for_s": _seconds(running.in_stage_ms),
    }


def _order(site: Site, core: CoreStatus) -> Rings:
    """The order of service that the plan asks for."""
    own = site.plans[core.plan].sequence if core.plan is not None else None
    return own or site.sequence


def _ring(ring: tuple[tuple[PhaseNumber, ...], ...], core: CoreStatus) -> Said:
    """One ring's phases in order of service, by barrier group, and the phase that is timing now."""
    own = {phase for group in ring for phase in group}
    timing = [p.number for p in core.phases if p.number in own and p.interval is not Interval.RED]
    return {"groups": [list(group) for group in ring], "timing": timing[0] if timing else None}


def _phase(site: Site, phase: PhaseStatus) -> Said:
    return {
        "number": phase.number,
        "move": site.phases[phase.number].move,
        "interval": _word(phase.interval),
        "ped": _word(phase.ped),
        "for_s": _seconds(phase.in_interval_ms),
        "vehicle_call": phase.vehicle_call,
        "ped_call": phase.ped_call,
        "recall": phase.recall.value,
        "waiting_s": _seconds(phase.waiting_ms),
        "gap_left_s": _seconds(phase.gap_left_ms),
        "max_left_s": _seconds(phase.max_left_ms),
        "reason": phase.reason,
    }


def _overlap(site: Site, overlap: OverlapStatus) -> Said:
    configured = site.overlaps[overlap.number]
    return {
        "letter": configured.letter,
        "move": configured.move,
        "kind": configured.kind.value,
        "interval": _word(overlap.interval),
        "for_s": _seconds(overlap.in_interval_ms),
        "reason": overlap.reason,
    }


def _detector(site: Site, now: Ms, detector: DetectorStatus) -> Said:
    last = detector.last_actuation_ms
    configured = site.detectors[detector.number]
    return {
        "number": detector.number,
        "phase": configured.phase,
        "move": configured.move,
        "kind": configured.kind.value,
        "input": f"{configured.input.device}.{configured.input.terminal}",
        "occupied": detector.occupied,
        "actuations": detector.actuations,
        "last_s": None if last is None else _seconds(now - last),
        "fault": detector.fault.value if detector.fault else None,
    }


def _outputs(published: Published) -> Said:
    site, channels = published.site, published.site.channels
    return {
        "channels": [
            {
                "number": number,
                "phase": channels[number].phase,
                "overlap": _letter(site, channels[number]),
                "kind": channels[number].kind.value,
                "shows": _word(shown),
            }
            for number, shown in sorted(published.shown.items())
        ],
        "latch": published.latch,
    }


def _letter(site: Site, channel: Channel) -> str | None:
    return None if channel.overlap is None else site.overlaps[channel.overlap].letter


def _device(now: Ms, device: DeviceFacts) -> Said:
    said: Said = {
        "name": device.name,
        "faces": list(device.faces),
        "state": _word(device.health.state),
        "age_s": None if device.health.last_ms is None else _seconds(now - device.health.last_ms),
        "said": device.health.said,
        "counters": dict(device.health.counters),
    }
    if "lamps" in device.faces:
        said["verified_age_s"] = None if device.verified_ms is None else _seconds(now - device.verified_ms)
    return said


def _loop(loop: LoopFacts) -> Said:
    late = {key: us / _US_PER_MS for key, us in (loop.late_us or {}).items()}
    return {
        "ticks": loop.ticks,
        "late_ms": late,
        "work_ms": loop.work_us / _US_PER_MS,
        "missed": loop.missed,
        "limit_ms": loop.limit_ms,
        "unfed": loop.unfed,
    }


def _fault(now: Ms, fault: Fault) -> Said:
    return {
        "kind": fault.kind.value,
        "where": fault.where,
        "since_s": _seconds(now - fault.since_ms),
        "response": fault.row.response.value,
        "sentence": fault.sentence,
        "clears": fault.row.clears,
    }


def _operator(shell: ShellFacts) -> Said | None:
    asked = shell.operator_flash
    return None if asked is None else {"flash": {"who": asked.who, "why": asked.why}}


def _entry(entry: Entry, zone: ZoneInfo) -> Said:
    said: Said = {"at": _instant(entry.epoch_ms, zone), "epoch_ms": entry.epoch_ms}
    if entry.code is None:
        return said | {"note": entry.note}
    return said | {"code": entry.code, "parameter": entry.parameter, "name": _event_name(entry.code)}


def _event_name(code: int) -> str:
    known = set(EventCode)
    return EventCode(code).name.lower() if code in known else f"event_{code}"


def _instant(epoch_ms: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(epoch_ms / SECOND_MS, UTC).astimezone(zone).isoformat(timespec="milliseconds")


def _seconds(ms: Ms | None) -> float | None:
    return None if ms is None else round(ms / SECOND_MS, 1)


def _word(member: Enum) -> str:
    return member.name.lower()
