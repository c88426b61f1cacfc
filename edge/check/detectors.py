"""Detectors and push-buttons: wired once, calling a phase that exists; and every phase can be called by somebody."""

from collections.abc import Iterator

from edge.check.words import s
from edge.config.problems import Findings, Path
from edge.config.read import Draft
from edge.model.detectors import Detector, DetectorKind, InputRef
from edge.model.devices import Device, InputForm, ModbusOptions, SerialOptions, SerialProtocol
from edge.model.phases import Phase, Recall
from edge.model.site import Site

_CANOGA_CHANNELS = 4
_ASCII_CHANNELS = 64
_SECTIONS = ("detectors", "ped_buttons")
_LEVELS = frozenset({InputForm.CONTACTS, InputForm.COILS})


def _inputs(site: Site) -> Iterator[tuple[Path, str, InputRef]]:
    for number, detector in site.detectors.items():
        yield ("detectors", number, "input"), f"detector {number}", detector.input
    for button_number, button in site.buttons.items():
        yield ("ped_buttons", button_number, "input"), f"push-button {button_number}", button.input
    for wire in site.inputs:
        yield ("inputs", wire.number, "input"), f"input {wire.number}", wire.input

    for preempt_number, preempt in site.preempts.items():
        here: Path = ("preempts", preempt_number)
        yield (*here, "input"), f"preempt {preempt_number}", preempt.input
        if preempt.track is not None and preempt.track.gate is not None:
            yield (*here, "track_green", "gate"), f"the gate of preempt {preempt_number}", preempt.track.gate
    for priority_number, priority in site.priorities.items():
        yield ("priority", priority_number, "input"), f"priority {priority_number}", priority.input


def inputs_exist(draft: Draft, findings: Findings) -> None:
    """Every input names a device of `io` and a terminal that it has."""
    for path, who, ref in _inputs(draft.site):
        device = draft.site.devices.get(ref.device)
        if device is None:
            known = ", ".join(draft.site.devices) or "none yet"
            what = f"{who} is wired to '{ref.device}', which is no device"
            findings.cross(path, what, f"name one of io: {known}", [("io", ref.device)])
            continue
        wanted = _terminals(device)
        if wanted is not None and not (ref.terminal.isdecimal() and 1 <= int(ref.terminal) <= wanted):
            what = f"{who}: device {ref.device} has no terminal '{ref.terminal}'"
            write = f"write {ref.device}.1 to {ref.device}.{wanted}" if wanted else f"state io.{ref.device}.inputs"
            findings.cross(path, what, write, [("io", ref.device), ("io", ref.device, "inputs")])


def _terminals(device: Device) -> int | None:
    """How many terminals a device has; None where any name will do."""
    match device.options:
        case ModbusOptions(inputs=inputs):
            return inputs.count if inputs is not None else 0
        case SerialOptions(protocol=SerialProtocol.CANOGA):
            return _CANOGA_CHANNELS
        case SerialOptions():
            return _ASCII_CHANNELS
        case _:
            return None


def no_input_is_used_twice(draft: Draft, findings: Findings) -> None:
    """Two detectors on one terminal would be one detector."""
    seen: dict[InputRef, str] = {}
    for path, who, ref in _inputs(draft.site):
        if ref in seen:
            what = f"{who} is wired to {ref.device}.{ref.terminal}, which already is {seen[ref]}"
            findings.cross(path, what, "give it a terminal of its own")
        seen.setdefault(ref, who)


def detectors_call_phases(draft: Draft, findings: Findings) -> None:
    """A detector's phase exists; a push-button's phase has a walk."""
    site = draft.site
    for number, detector in site.detectors.items():
        if detector.phase not in site.phases:
            what = f"detector {number} calls phase {detector.phase}, which this intersection does not have"
            path: Path = ("detectors", number, "phase")
            findings.cross(path, what, "name a phase of phases", [("phases", detector.phase)])
    for button_number, button in site.buttons.items():
        path = ("ped_buttons", button_number, "phase")
        phase = site.phases.get(button.phase)
        if phase is None:
            what = f"push-button {button_number} calls phase {button.phase}, which this intersection does not have"
            findings.cross(path, what, "name a phase of phases", [("phases", button.phase)])
        elif phase.ped is None:
            what = f"push-button {button_number} calls phase {button.phase}, which has no walk"
            uses: list[Path] = [("phases", button.phase, "walk"), ("phases", button.phase, "ped_clear")]
            findings.cross(path, what, f"add walk and ped_clear to phases.{button.phase}", uses)


def partners_can_stand_in(draft: Draft, findings: Findings) -> None:
    """A partner is another detector of the same phase that calls."""
    detectors = draft.site.detectors
    for number, detector in detectors.items():
        if detector.partner is None:
            continue
        path: Path = ("detectors", number, "partner")
        partner = detectors.get(detector.partner)
        uses: list[Path] = [("detectors", detector.partner), ("detectors", detector.partner, "phase")]
        if partner is None:
            findings.cross(path, f"there is no detector {detector.partner}", "name another detector", uses)
        elif partner.number == number:
            findings.cross(path, f"detector {number} cannot stand in for itself", "name another detector")
        elif partner.phase != detector.phase:
            what = f"detector {partner.number} calls phase {partner.phase}, detector {number} phase {detector.phase}"
            findings.cross(path, what, "name a detector of the same phase", [*uses, ("detectors", number, "phase")])


def every_phase_can_be_called(draft: Draft, findings: Findings) -> None:
    """A detector that calls, a push-button or a recall for every phase: one that nobody can call is red for ever."""
    site = draft.site
    called = {d.phase for d in site.detectors.values() if d.calls} | {b.phase for b in site.buttons.values()}
    rows: list[Path] = [(section,) for section in _SECTIONS]
    rows += [(section, n) for section, n in _spoiled_rows(findings)]
    for number, phase in site.phases.items():
        if number not in called and not _recalled(phase):
            what = f"nobody can call phase {number}: it has no detector that calls, no push-button and no recall"
            findings.cross(
                ("phases", number), what, "add a detector, or recall: min", [*rows, ("phases", number, "recall")]
            )


def counts_can_call(draft: Draft, findings: Findings) -> None:
    """A detector that only counts is heard for one tick: it calls a phase that remembers it, and nobody has to wait on it."""
    site = draft.site
    for number, detector in site.detectors.items():
        device, phase = site.devices.get(detector.input.device), site.phases.get(detector.phase)
        if device is None or phase is None or not detector.calls or phase.recall in {Recall.MIN, Recall.MAX}:
            continue
        if _counts_departures(device) and detector.kind is DetectorKind.STOPBAR:
            what = f"detector {number} is counted when a vehicle has left it: one that waits on it calls nobody"
            write = f"state io.{device.name}.presence_mask, or calls: false and recall: min for phase {phase.number}"
            findings.cross(("detectors", number), what, write, _used(detector))
        elif _counts_departures(device) or _counts_arrivals(device):
            _one_tick_calls(detector, phase, findings)


def _counts_departures(device: Device) -> bool:
    """Whether the device says that a vehicle was there after it has left, and nothing else."""
    options = device.options
    return (
        isinstance(options, SerialOptions) and options.protocol is SerialProtocol.CANOGA and not options.presence_mask
    )


def _counts_arrivals(device: Device) -> bool:
    """Whether the device has counters and no levels."""
    options = device.options
    return isinstance(options, ModbusOptions) and options.inputs is not None and options.inputs.form not in _LEVELS


def _one_tick_calls(detector: Detector, phase: Phase, findings: Findings) -> None:
    here: Path = ("detectors", detector.number)
    if detector.delay_ms:
        what = f"detector {detector.number} only counts: no call of it outlasts a delay of {s(detector.delay_ms)} s"
        findings.cross((*here, "delay"), what, "remove it", _used(detector))
    if not phase.locking:
        what = f"detector {detector.number} only counts, and phase {phase.number} forgets its call in the next tick"
        findings.cross(here, what, f"phases.{phase.number}.lock: true", _used(detector))


def queues_are_seen(draft: Draft, findings: Findings) -> None:
    """A queue detector is heard from one vehicle to the next: by presence, or stretched."""
    for number, detector in draft.site.detectors.items():
        device = draft.site.devices.get(detector.input.device)
        if device is None or not detector.queue or detector.extend_ms:
            continue
        if _counts_departures(device) or _counts_arrivals(device):
            what = f"detector {number} only counts: its queue is taken for gone as soon as the green is opposed"
            uses: list[Path] = [("io", device.name), ("detectors", number, "extend")]
            findings.cross(("detectors", number, "queue"), what, "remove it, or state extend", uses)


def _used(detector: Detector) -> list[Path]:
    phase: Path = ("phases", detector.phase)
    return [("io", detector.input.device), (*phase, "lock"), (*phase, "recall")]


def _recalled(phase: Phase) -> bool:
    return phase.recall is not Recall.NONE or (phase.ped is not None and phase.ped.recall)


def every_walk_can_be_called(draft: Draft, findings: Findings) -> None:
    """A push-button or a pedestrian recall for every walk."""
    buttons = {b.phase for b in draft.site.buttons.values()}
    rows: list[Path] = [("ped_buttons",), *_spoiled_rows(findings)]
    for number, phase in draft.site.phases.items():
        if phase.ped is not None and not phase.ped.recall and number not in buttons:
            what = f"nobody can call the walk of phase {number}: it has no push-button and no ped_recall"
            path: Path = ("phases", number, "walk")
            findings.cross(
                path, what, "add a push-button, or ped_recall: true", [*rows, ("phases", number, "ped_recall")]
            )


def _spoiled_rows(findings: Findings) -> list[tuple[str, str | int]]:
    """The detectors and push-buttons that could not be read: whom they call is not known."""
    rows = {
        (str(p[0]), p[1])
        for p in findings.spoiled
        if len(p) > 1 and p[0] in _SECTIONS and p[2:] in {(), ("phase",), ("calls",)}
    }
    return sorted(rows, key=str)


def the_limit_of_failures_can_be_reached(draft: Draft, findings: Findings) -> None:
    """A limit above the number of detectors is a step down that never comes."""
    limit, there = draft.site.fallback.failed_detectors, len(draft.site.detectors)
    stated = "failed_detectors" in draft.rows.fallback.when.model_fields_set
    if stated and limit > there > 0:
        path: Path = ("fallback", "when", "failed_detectors")
        what = f"the fixed plan waits for {limit} failed detectors, and there are {there}"
        findings.warn(path, what, f"at most {there}")


RULES = (
    inputs_exist,
    no_input_is_used_twice,
    detectors_call_phases,
    partners_can_stand_in,
    every_phase_can_be_called,
    counts_can_call,
    queues_are_seen,
    every_walk_can_be_called,
    the_limit_of_failures_can_be_reached,
)
