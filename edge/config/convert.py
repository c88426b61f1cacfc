"""Rows to the frozen site: seconds are milliseconds by now, defaults are filled in, numbers become keys.

What does not fit together within one row is reported here; what two rows say of each other belongs to `edge.check`.
"""

from collections.abc import Mapping

from edge.config.convert_adaptive import adaptive_of
from edge.config.convert_calendar import calendar_of, exceptions_of, schedule_of
from edge.config.convert_devices import device_of
from edge.config.convert_external import flash_rules_of, inputs_of
from edge.config.convert_lanes import lanes_of, sumo_of
from edge.config.convert_overlaps import kind_of, overlaps_of, shows_known_overlap
from edge.config.convert_ped_overlaps import ped_overlaps_of, shows_known_ped_overlap
from edge.config.convert_phases import phase_of
from edge.config.convert_plans import plan_of
from edge.config.convert_preempts import preempts_of, priorities_of
from edge.config.problems import Findings
from edge.config.rows import ButtonRow, CardRow, ChannelRow, DetectorFaultsRow, DetectorRow, SiteFile
from edge.config.words import FlashWord
from edge.model.detectors import Detector, DetectorKind, DetectorLimits, PedButton
from edge.model.indications import ChannelKind, Indication
from edge.model.overlaps import Overlap
from edge.model.ped_overlaps import PedOverlap
from edge.model.phases import PedDisplay
from edge.model.sequence import Sequence
from edge.model.site import Card, CardChannel, Channel, Fallback, LogLimits, Options, Site, StartUp
from edge.model.units import ButtonNumber, ChannelNumber, DetectorNumber, Ms, OverlapNumber, PhaseNumber

_FLASH = {
    ChannelKind.VEHICLE: {
        FlashWord.RED: Indication.FLASH_RED,
        FlashWord.YELLOW: Indication.FLASH_YELLOW,
        FlashWord.DARK: Indication.DARK,
    },
    ChannelKind.PEDESTRIAN: {FlashWord.DARK: Indication.DARK, FlashWord.DONT_WALK: Indication.DONT_WALK},
}
_FLASH[ChannelKind.ARROW] = _FLASH[ChannelKind.VEHICLE]
_WIRES = {
    ChannelKind.VEHICLE: ("[red, yellow, green]", 3),
    ChannelKind.PEDESTRIAN: ("[don't walk, walk]", 2),
    ChannelKind.ARROW: ("[red, yellow, green, flashing yellow arrow]", 4),
}


def site_of(rows: SiteFile, findings: Findings, file_hash: str) -> Site:
    """The frozen site. Where `findings` has problems it is a draft, good for cross-checks and nothing else."""
    sequence = _sequence(rows, findings)
    overlaps, ped_overlaps = overlaps_of(rows, findings), ped_overlaps_of(rows, findings)
    channels = _channels(rows, overlaps, ped_overlaps, findings)
    return Site(
        id=rows.intersection.id,
        name=rows.intersection.name,
        timezone=rows.intersection.timezone,
        sequence=sequence,
        options=_options(rows),
        phases={n: phase_of(n, row, rows, findings) for n, row in sorted(rows.phases.items())},
        intergreen=_intergreen(rows),
        devices={name: device_of(name, row, findings) for name, row in rows.io.items()},
        detectors={n: _detector(n, row, rows.detector_faults) for n, row in sorted(rows.detectors.items())},
        buttons={n: _button(n, row, rows.detector_faults) for n, row in sorted(rows.ped_buttons.items())},
        channels=channels,
        card=_card(rows, channels),
        plans={n: plan_of(n, rows, sequence, findings) for n in rows.plans},
        schedule=schedule_of(rows),
        exceptions=exceptions_of(rows, findings),
        fallback=_fallback(rows),
        start_up=_start_up(rows, sequence),
        log_limits=LogLimits(rows.event_log.keep_days, rows.event_log.max_mb),
        file_hash=file_hash,
        calendar=calendar_of(rows),
        inputs=inputs_of(rows, sequence),
        flash=flash_rules_of(rows),
        overlaps=overlaps,
        ped_overlaps=ped_overlaps,
        preempts=preempts_of(rows),
        priorities=priorities_of(rows),
        adaptive=adaptive_of(rows),
        lanes=lanes_of(rows),
        sumo=sumo_of(rows.sumo),
    )


def _sequence(rows: SiteFile, findings: Findings) -> Sequence:
    rings = tuple(rows.rings)
    before = len(findings.problems)
    _check_rings(rings, findings)
    if rings and len(findings.problems) == before:
        return Sequence(rings)
    findings.spoiled.add(("rings",))
    return Sequence((tuple((p,) for p in sorted(rows.phases)),))  # one ring: nothing is concurrent


def _check_rings(rings: tuple[tuple[tuple[PhaseNumber, ...], ...], ...], findings: Findings) -> None:
    if not rings:
        findings.value(("rings",), "there is no ring", 'write at least one, such as ["2 | 4"]')
    seen: dict[PhaseNumber, int] = {}
    for r, ring in enumerate(rings):
        if len(ring) != len(rings[0]):
            what = f"ring {r + 1} has {len(ring)} barrier groups, ring 1 has {len(rings[0])}"
            findings.value(("rings", r), what, "put as many | into each ring; a group may be empty")
        for phase in (p for group in ring for p in group):
            if phase in seen:
                what = f"phase {phase} stands twice in the rings; it already stands in ring {seen[phase]}"
                findings.value(("rings", r), what, "keep it in one place")
            seen[phase] = r + 1
    for g in range(max((len(ring) for ring in rings), default=0)):
        if not any(ring[g] for ring in rings if g < len(ring)):
            findings.value(("rings",), f"no ring has a phase in barrier group {g + 1}", "remove that |")


def _options(rows: SiteFile) -> Options:
    pairs = frozenset(frozenset(pair) for pair in rows.options.simultaneous_gap)
    return Options(
        rows.options.red_revert, tuple(rows.options.rest_in), pairs, stop_time_max_ms=rows.options.stop_time_max_min
    )


def _intergreen(rows: SiteFile) -> Mapping[tuple[PhaseNumber, PhaseNumber], Ms]:
    return {(a, b): time for a, row in rows.intergreen.items() for b, time in row.items()}


def _detector(number: DetectorNumber, row: DetectorRow, defaults: DetectorFaultsRow) -> Detector:
    counts_only = row.kind is DetectorKind.COUNT
    return Detector(
        number=number,
        input=row.input,
        phase=row.phase,
        kind=row.kind,
        limits=_limits(row, defaults),
        move=row.move,
        calls=not counts_only if row.calls is None else row.calls,
        extends=not counts_only if row.extends is None else row.extends,
        delay_ms=row.delay,
        extend_ms=row.extend,
        distance_m=row.distance_m,
        partner=row.partner,
        queue_limit_ms=row.queue_limit,
        queue=row.queue,
        switch_phase=row.switch_phase,
        adds_initial=row.kind is not DetectorKind.STOPBAR if row.adds_initial is None else row.adds_initial,
    )


def _limits(row: DetectorRow, defaults: DetectorFaultsRow) -> DetectorLimits:
    return DetectorLimits(
        max_presence_ms=defaults.stuck_on_min if row.stuck_on_min is None else row.stuck_on_min,
        no_activity_ms=defaults.no_activity_min if row.no_activity_min is None else row.no_activity_min,
        erratic_per_min=defaults.chatter_per_min if row.chatter_per_min is None else row.chatter_per_min,
        on_fault=row.on_fault or defaults.on_fault,
        active_from_ms=defaults.active_from,
        active_to_ms=defaults.active_to,
        unseen_ms=defaults.unseen_min,
    )


def _button(number: ButtonNumber, row: ButtonRow, defaults: DetectorFaultsRow) -> PedButton:
    stuck = defaults.stuck_on_min if row.stuck_on_min is None else row.stuck_on_min
    limits = DetectorLimits(stuck, row.no_activity_min, row.chatter_per_min)
    return PedButton(number, row.input, row.phase, limits, row.long_press)


def _shows_one(number: ChannelNumber, row: ChannelRow, findings: Findings) -> bool:
    """Whether the channel shows one thing: a phase, its pedestrian movement or an overlap."""
    here = ("channels", number)
    named = {"phase": row.phase, "ped": row.ped, "overlap": row.overlap, "ped_overlap": row.ped_overlap}
    given = [key for key, value in named.items() if value is not None]
    if len(given) == 1:
        return True
    if given:
        what = f"channel {number} has {' and '.join(given)}"
        findings.value(here, what, "keep one of them; a head has its own channel")
    elif not findings.is_spoiled((*here, "phase"), (*here, "ped"), (*here, "overlap")):
        findings.value(here, f"channel {number} shows nothing", "add phase:, ped: or overlap:")
    findings.spoiled.add(here)
    return False


def _channels(
    rows: SiteFile,
    overlaps: Mapping[OverlapNumber, Overlap],
    ped_overlaps: Mapping[int, PedOverlap],
    findings: Findings,
) -> dict[ChannelNumber, Channel]:
    """By number; without those that show nothing that is known."""
    return {
        n: _channel(n, row, overlaps, ped_overlaps, findings)
        for n, row in sorted(rows.channels.items())
        if _shows_one(n, row, findings)
        and shows_known_overlap(n, row, overlaps, findings)
        and shows_known_ped_overlap(n, row, ped_overlaps, findings)
    }


def _channel(
    number: ChannelNumber,
    row: ChannelRow,
    overlaps: Mapping[OverlapNumber, Overlap],
    ped_overlaps: Mapping[int, PedOverlap],
    findings: Findings,
) -> Channel:
    if row.ped_overlap is not None:
        kind, phase = ChannelKind.PEDESTRIAN, ped_overlaps[row.ped_overlap].phases[0]
    else:
        kind, phase = kind_of(row, overlaps)
    here = ("channels", number)
    lamps, wanted = _WIRES[kind]
    if len(row.wires) != wanted:
        what = f"channel {number} is a {kind.value} channel and has {len(row.wires)} of its {wanted} wires"
        findings.value((*here, "wires"), what, f"write {wanted}: {lamps}")
    if row.flash not in _FLASH[kind]:
        known = " or ".join(word.value for word in _FLASH[kind])
        what = f"channel {number} is a {kind.value} channel and cannot flash {row.flash.value}"
        findings.value((*here, "flash"), what, f"write {known}")
    flash = _FLASH[kind].get(row.flash, Indication.DARK)
    if row.accessible is not None and kind is not ChannelKind.PEDESTRIAN:
        what = f"channel {number} is a {kind.value} channel and has an accessible signal"
        findings.value((*here, "accessible"), what, "remove it, or name the channel of the walk")
    return Channel(
        number, kind, phase, row.output, tuple(row.wires), flash, row.overlap, row.accessible, row.ped_overlap
    )


def _card(rows: SiteFile, channels: Mapping[ChannelNumber, Channel]) -> Card:
    card = rows.conflicts
    pairs = frozenset(frozenset((a, b)) for a, others in card.permissive.items() for b in others if a != b)
    arrows = frozenset((a, b) for a, others in card.flashing_arrow.items() for b in others)
    return Card(tuple(_card_channel(c, rows) for _, c in sorted(channels.items())), pairs, card.confirmed_by, arrows)


def _card_channel(channel: Channel, rows: SiteFile) -> CardChannel:
    card = rows.conflicts
    own = card.channels.get(channel.number, CardRow())
    vehicle = channel.kind is not ChannelKind.PEDESTRIAN
    of_phase = vehicle and channel.overlap is None  # only the heads of phases have red and amber, or blink green
    return CardChannel(
        number=channel.number,
        kind=channel.kind,
        flash=channel.flash,
        min_yellow_ms=_own_or(own.min_yellow, card.min_yellow),
        min_yellow_and_red_ms=_own_or(own.min_yellow_and_red, card.min_yellow_and_red),
        may_be_dark=own.may_be_dark,
        min_green_ms=_own_or(own.min_green, card.min_green) if vehicle else 0,
        min_walk_ms=0 if vehicle else _own_or(own.min_walk, card.min_walk),
        min_ped_clearance_ms=0 if vehicle else _own_or(own.min_ped_clearance, card.min_ped_clearance),
        min_red_ms=_own_or(own.min_red, card.min_red) if of_phase else own.min_red or 0,
        min_red_yellow_ms=_own_or(own.min_red_yellow, card.min_red_yellow) if of_phase else own.min_red_yellow or 0,
        max_red_yellow_ms=_own_or(own.max_red_yellow, card.max_red_yellow) if of_phase else own.max_red_yellow or 0,
        min_green_blink_ms=_own_or(own.green_blink, card.green_blink) if of_phase else own.green_blink or 0,
        steady_clearance=not vehicle and (own.ped_display or card.ped_display) is PedDisplay.STEADY,
    )


def _own_or(own: Ms | None, common: Ms) -> Ms:
    return common if own is None else own


def _fallback(rows: SiteFile) -> Fallback:
    when = rows.fallback.when
    return Fallback(
        plan=rows.fallback.plan,
        failed_detectors=when.failed_detectors,
        decision_late_ms=when.decision_late_ms,
        clock_unsynced_ms=when.clock_unsynced_min,
        return_after_ms=rows.fallback.return_after_min,
        unseen_plan=rows.fallback.unseen_plan,
    )


def _start_up(rows: SiteFile, sequence: Sequence) -> StartUp:
    start = rows.flash.startup
    firsts = tuple(sorted(ring[0][0] for ring in sequence.rings if ring and ring[0]))
    return StartUp(start.flash, start.exit_yellow, start.all_red, tuple(start.start_in) or firsts)
