"""Rows and sections: unknown, missing and unservable settings, and that one slip never hides another."""

import re

import pytest

from edge.config.problems import Mark
from edge.config.read import LONGEST_FILE, Reading, read_site
from edge.model.adaptive import AdaptiveMode, AdaptiveRules, Window
from edge.model.detectors import DetectorKind, OnFault
from edge.model.devices import (
    ModbusOptions,
    Parity,
    ReplayOptions,
    SerialOptions,
    SerialProtocol,
    SerialTransport,
    TcpTransport,
)
from edge.model.indications import ChannelKind, Indication
from edge.model.units import ButtonNumber, ChannelNumber, DetectorNumber, PhaseNumber, PlanNumber
from tests.config.examples import DUAL, FIELD, MINIMAL, STAGES, edit


def said(text: str) -> list[str]:
    """`path: what — write` of every problem, from top to bottom."""
    return [f"{p.path}: {p.what} — {p.write}" for p in read_site(text, "f").problems]


def read(text: str) -> Reading:
    reading = read_site(text, "f")
    assert reading.problems == ()
    return reading


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("schema: 1\n", "", "schema: 'schema' is missing — add schema: the version of this format"),
        (
            "schema: 1",
            "schema: 2",
            "schema: 2 is a version of the format that this program does not read — write schema: 1",
        ),
        (
            "  timezone: America/Denver\n",
            "",
            "intersection.timezone: 'timezone' is missing — add timezone: IANA time zone, such as America/Denver",
        ),
        ("id: 7", "id:", "intersection.id: 'id' has no value — write one, or remove 'id'"),
        ("id: 7", "id: seven", "intersection.id: 'seven' is no number — write a whole number, 1 to 999999"),
        ("revision: A", "revision: 7", 'intersection.sheet.revision: 7 is not text — write it in quotes: "7"'),
        (
            "min_green: 10",
            "min_gren: 10",
            "phases.2.min_gren: 'min_gren' is not a known setting here — did you mean 'min_green'?",
        ),
        ("recall: none", "recall: ped", "phases.4.recall: 'ped' is not a vehicle recall — write ped_recall: true"),
        ("recall: none", "lock: yes", "phases.4.lock: 'yes' is neither true nor false — write true"),
        (
            "yellow: 3.6, ",
            "",
            "phases.4.yellow: 'yellow' is missing — add yellow: yellow change, s; MUTCD 4F.17: 3 to 6",
        ),
        ("yellow: 3.6", "yellow: 3.65", "phases.4.yellow: 3.65 s is not a multiple of 0.1 s — write 3.6"),
        ("yellow: 3.6", "yellow: 2.6", "phases.4.yellow: 2.6 s is less than 2.7 s — write 2.7 to 25.5"),
        ("yellow: 3.6", 'yellow: "3,6"', "phases.4.yellow: '3,6' has a decimal comma — write 3.6 with a point"),
        (
            "yellow: 3.6",
            "yellow: 3,6",
            "phases.4.6: 6 stands alone here; is it the end of a decimal comma? — write 1.5 with a point",
        ),
        ("  4: {move", '  "4": {move', "phases.4: the key '4' is text — write 4 without quotes"),
        ("  4: {move", "  17: {move", "phases.17: the key 17 is not a number here — write a number, 1 to 16"),
        (
            "loops: {driver: mock}",
            "loops: mock",
            "io.loops: 'mock' stands where a row belongs — write key: value pairs, or remove it",
        ),
        (
            "loops: {driver: mock}",
            "loops: {}",
            "io.loops: 'driver' is missing or no word — write driver: one of modbus, serial, mock, replay",
        ),
        (
            "loops: {driver: mock}",
            "loops: {driver: mook}",
            "io.loops: this driver is not known — write driver: one of modbus, serial, mock, replay",
        ),
        (
            "loops: {driver: mock}",
            "loops: {driver: replay}",
            "io.loops.log: 'log' is missing — add log: the log, CSV as exported",
        ),
        (
            "loops: {driver: mock}",
            "loops: {driver: serial, protocol: canoga, prt: /dev/x}",
            "io.loops.prt: 'prt' is not a known setting here — did you mean 'port'?",
        ),
        (
            "loops: {driver: mock}",
            "loops: {driver: mock, port: /dev/x}",
            "io.loops.port: 'port' is not a known setting here — remove it; known here: stale_after, driver",
        ),
        (
            "wires: [0, 1, 2]",
            "wires: [0, 1]",
            "channels.2.wires: channel 2 is a vehicle channel and has 2 of its 3 wires — write 3: [red, yellow, green]",
        ),
        ("wires: [0, 1, 2]", "wires: 0", "channels.2.wires: 0 stands where a list belongs — write [ … ]"),
        (
            "wires: [0, 1, 2]",
            "wires: [0, 1, x]",
            "channels.2.wires.2: 'x' is no number — write a whole number, 0 to 9999",
        ),
        (
            "flash: red",
            "flash: rad",
            "channels.4.flash: 'rad' is none of red, yellow, dark, dont-walk — did you mean 'red'?",
        ),
        (
            "flash: red",
            "flash: dont-walk",
            "channels.4.flash: channel 4 is a vehicle channel and cannot flash dont-walk — write red or yellow or dark",
        ),
        ("{phase: 4, output", "{output", "channels.4: channel 4 shows nothing — add phase:, ped: or overlap:"),
        (
            "{phase: 4, output",
            "{phase: 4, ped: 4, output",
            "channels.4: channel 4 has phase and ped — keep one of them; a head has its own channel",
        ),
        (
            "permissive: none",
            "permissive: nobody",
            "conflicts.permissive: 'nobody' stands where a table belongs — write rows such as 2: {…}",
        ),
        ('"2 | 4"', '"2 | 4 | "', "rings: no ring has a phase in barrier group 3 — remove that |"),
        (
            '"2 | 4"',
            '"2 4 | 2"',
            "rings.0: phase 2 stands twice in the rings; it already stands in ring 1 — keep it in one place",
        ),
        ('  - "2 | 4"', "  []", 'rings: there is no ring — write at least one, such as ["2 | 4"]'),
        ("- {days", "# - {days", "schedule: 'schedule' has no value — write one, or remove 'schedule'"),
        ("at: 00:00", "at: 0000", "schedule.0.at: 0 is no time of day — write HH:MM, such as 06:30"),
        (
            "fallback: {plan: 1}",
            "fallback: 1",
            "fallback: 1 stands where a row belongs — write key: value pairs, or remove it",
        ),
        (
            "fallback: {plan: 1}",
            "falback: {plan: 1}",
            "falback: 'falback' is not a known setting here — did you mean 'fallback'?",
        ),
        (
            "recall: min",
            "recall: min, walk: 7",
            "phases.2.walk: phase 2 has walk and no ped_clear — add ped_clear: crossing length / 3.5 ft/s",
        ),
        (
            "recall: min",
            "recall: min, ped_clear: 7",
            "phases.2.ped_clear: phase 2 has ped_clear and no walk — add walk: 7",
        ),
        (
            "recall: min",
            "recall: min, ped_recall: true",
            "phases.2.ped_recall: phase 2 has ped_recall and no walk — add walk and ped_clear",
        ),
    ],
)
def test_one_slip_is_one_problem_with_its_remedy(old: str, new: str, problem: str) -> None:
    assert said(edit(MINIMAL, (old, new))) == [problem]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "tcp_port: 502",
            "tcp_port: 502, baud: 9600",
            "io.cab.baud: 'baud' belongs to a serial port; cab has a host — remove baud",
        ),
        (
            "    unit: 3",
            "    tcp_port: 502\n    unit: 3",
            "io.radar.tcp_port: 'tcp_port' belongs to a host; radar has a serial port — remove tcp_port",
        ),
        (
            "host: 192.168.20.10, tcp_port: 502, ",
            "",
            "io.cab: device cab has neither host nor port — write host: for Modbus TCP, or port: for Modbus RTU",
        ),
        (
            "tcp_port: 502",
            "port: /dev/x",
            "io.cab: device cab has both host and port — write host: for Modbus TCP, or port: for Modbus RTU",
        ),
        (
            "form: contacts",
            "form: contact",
            (
                "io.radar.inputs.form: 'contact' is none of contacts, coils, counters16, counters32, holding-counters16, "
                "holding-counters32 — did you mean 'contacts'?"
            ),
        ),
        (
            "flash: dark}\n  10",
            "flash: yellow}\n  10",
            "channels.9.flash: channel 9 is a pedestrian channel and cannot flash yellow — write dark or dont-walk",
        ),
        (
            "wires: [24, 25]",
            "wires: [24, 25, 26]",
            "channels.9.wires: channel 9 is a pedestrian channel and has 3 of its 2 wires — write 2: [don't walk, walk]",
        ),
        (
            '"5 6 | 7 8"',
            '"5 6 7 8"',
            "rings.1: ring 2 has 1 barrier groups, ring 1 has 2 — put as many | into each ring; a group may be empty",
        ),
    ],
)
def test_one_slip_of_a_real_cabinet_is_one_problem(old: str, new: str, problem: str) -> None:
    assert said(edit(FIELD, (old, new))) == [problem]


@pytest.mark.parametrize(
    ("section", "path"),
    [
        ("extends: city.yaml", "extends"),
        ("web: {listen: 127.0.0.1:8480}", "web"),
        ("mqtt: {broker: x}", "mqtt"),
    ],
)
def test_a_section_that_cannot_be_served_is_refused_by_name(section: str, path: str) -> None:
    (problem,) = read_site(f"{MINIMAL}\n{section}\n", "f").problems
    name = path.rpartition(".")[2]
    assert problem.path == path
    assert problem.what.startswith(f"this version cannot serve '{name}' yet: ")
    assert problem.write == f"remove '{name}'"


def test_an_adaptive_section_that_is_off_asks_for_nothing() -> None:
    assert said(MINIMAL + "adaptive: {mode: off, window_cycles: 5}\n") == []
    assert adaptive("adaptive: {mode: off}").mode is AdaptiveMode.OFF


def adaptive(section: str) -> AdaptiveRules:
    site = read_site(f"{MINIMAL}\n{section}\n", "f").site
    assert site is not None
    return site.adaptive


def test_a_file_that_does_not_speak_of_adaptive_timing_gets_advice_where_it_has_loops() -> None:
    assert adaptive("") == adaptive("adaptive: {}") == AdaptiveRules(AdaptiveMode.ADVISE)
    blind = read_site(re.sub(r"(?ms)^detectors:.*?(?=^\S)", "", MINIMAL), "f").site
    assert blind is not None
    assert blind.adaptive.mode is AdaptiveMode.OFF


def test_the_limits_of_the_adaptive_layer_are_read() -> None:
    rules = adaptive(
        "adaptive: {mode: act, max_wait: 90, ped_max_wait: 60.5, max_green: {2: 70}, act_unproved: {by: A. Miller},"
        " switchback_days: true}"
    )
    assert rules == AdaptiveRules(
        AdaptiveMode.ACT, 90_000, 60_500, {PhaseNumber(2): 70_000}, "A. Miller", switchback_days=True
    )


def test_an_offset_window_brings_a_dense_platoon_unless_the_file_says_otherwise() -> None:
    row = "{phases: [2], cycle: 90, offset: 7.5, lasts: 20%s}"
    rules = adaptive(f"adaptive: {{windows: [{row % ''}, {row % ', platoon_ratio: 2'}]}}")
    assert rules.windows == tuple(Window(frozenset({PhaseNumber(2)}), 90_000, 7_500, 20_000, n) for n in (1.67, 2.0))


@pytest.mark.parametrize("key", ["window_cycles: 5", "max_split_change: 4", "keep: all"])
def test_a_word_of_the_drafts_is_refused_with_what_to_write_instead(key: str) -> None:
    (problem,) = read_site(f"{MINIMAL}\nadaptive: {{mode: act, {key}}}\n", "f").problems
    assert problem.path == f"adaptive.{key.partition(':')[0]}"
    assert "is a word of the draft" in problem.what
    assert problem.write


def test_every_problem_of_a_file_is_said_at_once_from_top_to_bottom() -> None:
    text = edit(
        DUAL,
        ("id: 2068", "id: 0"),
        ("min_green: 5", "min_green: 1,5"),
        ("yellow: 4.0", "yelow: 4.0"),
        ("kind: stopbar", "kind: stopbat"),
        ("wires: [30, 31]", "wires: [30]"),
        ("cycle: 110", "cycle: 1100"),
        ("at: 00:00", "at: 0"),
    )
    problems = read_site(text, "f").problems
    assert [p.path for p in problems] == [
        "intersection.id",
        "phases.1.min_green",
        "phases.1.5",
        "phases.2.yelow",
        "detectors.1.kind",
        "channels.12.wires",
        "plans.2.cycle",
        "schedule.0.at",
    ]
    assert [p.line for p in problems] == sorted(p.line for p in problems)


@pytest.mark.parametrize(
    "missing", ["intersection", "rings", "phases", "io", "channels", "conflicts", "plans", "fallback"]
)
def test_a_missing_section_is_one_problem(missing: str) -> None:
    text = edit(MINIMAL, (f"\n{missing}:", f"\nexceptions: []\nx_{missing}:"))
    problems = read_site(text, "f").problems
    assert problems
    assert all(missing in p.path for p in problems)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "the file is empty"),
        ("\n# nothing yet\n", "the file is empty"),
        ("---\n", "the file is empty"),
        ("[1, 2]", "the file is a list, not a site"),
        ("seventeen", "the file is 'seventeen', not a site"),
        ("a: \x00", "character U+0000 stands here; this is not a text file"),
        ("a: \x1b[0m", "character U+001B stands here; this is not a text file"),
        ("a: \ud800", "character U+D800 stands here; this is not a text file"),
        ("a: x\ufeff", "character U+FEFF stands here; this is not a text file"),
        ("x" * (LONGEST_FILE + 1), "the file has 512 KiB; a site file has at most 512"),
        ("- " * 10_000_000, "the file has 19531 KiB; a site file has at most 512"),
    ],
)
def test_what_is_no_site_file_at_all_is_one_clear_problem(text: str, what: str) -> None:
    reading = read_site(text, "f")
    assert [p.what for p in reading.problems] == [what]
    assert reading.site is None
    assert reading.draft is None


def test_a_control_character_is_found_where_it_stands() -> None:
    (problem,) = read_site("a: 1\nbc\x07", "f").problems
    assert (problem.line, problem.column) == (2, 3)


def test_a_byte_order_mark_is_no_problem() -> None:
    assert said("\ufeff" + MINIMAL) == []


def test_marks_tell_where_a_value_of_the_site_stands() -> None:
    marks = read(MINIMAL).marks
    line = next(n for n, text in enumerate(MINIMAL.splitlines(), 1) if text.startswith("  4: {move"))
    assert marks.of_key(("phases", 4)) == Mark(line, 3)


def test_seconds_become_milliseconds_and_defaults_are_filled_in() -> None:
    site = read(MINIMAL).site
    assert site is not None
    phase = site.phases[PhaseNumber(4)]
    assert (phase.min_green_ms, phase.passage_ms, phase.max_green_ms) == (7_000, 2_500, 25_000)
    assert (phase.yellow_ms, phase.red_clear_ms, phase.ped) == (3_600, 1_500, None)
    assert site.options.red_revert_ms == 2_000
    assert (site.start_up.flash_ms, site.start_up.exit_yellow_ms, site.start_up.all_red_ms) == (6_000, 4_000, 6_000)
    assert site.start_up.first_phases == (2,)
    assert site.fallback.clock_unsynced_ms == 3_600_000
    assert site.detectors[DetectorNumber(2)].limits.max_presence_ms == 480_000
    assert (site.log_limits.keep_days, site.log_limits.max_mb) == (30, 500)
    assert len(site.file_hash) == 64


def test_the_hash_is_that_of_the_file_and_nothing_else() -> None:
    one, other = read(MINIMAL).site, read(MINIMAL + "# a remark\n").site
    assert one is not None
    assert other is not None
    assert one.file_hash != other.file_hash


def test_a_dual_ring_site_reads_as_its_timing_sheet_says() -> None:
    site = read(DUAL).site
    assert site is not None
    assert site.sequence.rings == (((1, 2), (3, 4)), ((5, 6), (7, 8)))
    assert [n for n, p in site.phases.items() if p.dual_entry] == [2, 4, 6, 8]
    assert site.options.simultaneous_gap == frozenset({frozenset({2, 6}), frozenset({4, 8})})
    ped = site.phases[PhaseNumber(2)].ped
    assert ped is not None
    assert (ped.walk_ms, ped.clearance_ms, ped.recall) == (7_000, 15_000, False)
    walk, through = site.channels[ChannelNumber(9)], site.channels[ChannelNumber(2)]
    assert (walk.kind, walk.phase, walk.flash) == (ChannelKind.PEDESTRIAN, 2, Indication.DARK)
    assert (through.kind, through.phase, through.flash) == (ChannelKind.VEHICLE, 2, Indication.FLASH_YELLOW)
    assert site.card.may_run_together(ChannelNumber(6), ChannelNumber(2))
    assert not site.card.may_run_together(ChannelNumber(9), ChannelNumber(1))
    assert site.plans[PlanNumber(2)].offset_ms == 10_000
    assert site.buttons[ButtonNumber(4)].limits.max_presence_ms == 480_000
    assert site.detectors[DetectorNumber(2)].partner == 12


def test_the_card_of_a_channel_differs_where_it_says_so() -> None:
    text = edit(
        DUAL,
        (
            "  min_yellow: 3.0",
            "  channels: {9: {may_be_dark: true, min_walk: 5}, 2: {min_yellow: 3.5}}\n  min_yellow: 3.0",
        ),
    )
    site = read(text).site
    assert site is not None
    card = {c.number: c for c in site.card.channels}
    two, one, nine = card[ChannelNumber(2)], card[ChannelNumber(1)], card[ChannelNumber(9)]
    assert (two.min_yellow_ms, one.min_yellow_ms, two.min_green_ms, two.min_walk_ms) == (3_500, 3_000, 5_000, 0)
    assert (nine.may_be_dark, nine.min_walk_ms, nine.min_green_ms, one.may_be_dark) == (True, 5_000, 0, False)


def test_a_detector_may_override_the_limits_of_all() -> None:
    text = edit(
        DUAL, ("move: WBL stop bar", "move: x, stuck_on_min: 3, on_fault: none, no_activity_min: 0, chatter_per_min: 9")
    )
    site = read(text).site
    assert site is not None
    limits = site.detectors[DetectorNumber(1)].limits
    assert (limits.max_presence_ms, limits.no_activity_ms, limits.erratic_per_min) == (180_000, 0, 9)
    assert limits.on_fault is OnFault.NONE
    assert (limits.active_from_ms, limits.active_to_ms) == (21_600_000, 79_200_000)


def test_a_count_detector_neither_calls_nor_extends_unless_told_to() -> None:
    text = edit(
        DUAL,
        ("kind: advance, move: WBL advance", "kind: count"),
        ("kind: advance, move: EBT advance", "kind: count, calls: true"),
    )
    site = read(text).site
    assert site is not None
    counter, caller = site.detectors[DetectorNumber(11)], site.detectors[DetectorNumber(12)]
    assert (counter.kind, counter.calls, counter.extends) == (DetectorKind.COUNT, False, False)
    assert (caller.calls, caller.extends) == (True, False)


def test_devices_read_with_their_transports() -> None:
    site = read(FIELD).site
    assert site is not None
    cab, loops, radar = (site.devices[name].options for name in ("cab", "loops_b", "radar"))
    assert isinstance(cab, ModbusOptions)
    assert (cab.transport, cab.watchdog_ms, cab.timeout_ms, cab.readback) == (
        TcpTransport("192.168.20.10", 502),
        500,
        200,
        True,
    )
    assert isinstance(radar, ModbusOptions)
    assert isinstance(radar.transport, SerialTransport)
    assert (radar.transport.baud, radar.transport.parity, radar.transport.stop_bits) == (19_200, Parity.EVEN, 1)
    assert radar.inputs is not None
    assert radar.inputs.count == 8
    assert isinstance(loops, SerialOptions)
    assert (loops.protocol, loops.address, loops.poll_ms, loops.stale_after_ms) == (
        SerialProtocol.CANOGA,
        2,
        100,
        1_000,
    )


def test_a_stage_sequence_reads_with_its_intergreens() -> None:
    site = read(STAGES).site
    assert site is not None
    assert site.sequence.rings == (((1, 2, 3),),)
    assert site.intergreen[PhaseNumber(3), PhaseNumber(1)] == 7_000
    assert site.clearance_ms(PhaseNumber(1), PhaseNumber(3)) == 6_000


def test_a_replay_device_names_its_log() -> None:
    site = read(edit(MINIMAL, ("loops: {driver: mock}", "loops: {driver: replay, log: day.csv, stale_after: 2}"))).site
    assert site is not None
    assert site.devices["loops"].options == ReplayOptions("day.csv", 2_000)


def test_a_row_that_breaks_in_many_places_says_each_of_them() -> None:
    text = edit(
        MINIMAL,
        ("{input: loops.2, phase: 4, kind: stopbar, delay: 3.0}", "{inpt: loops.2, phase: x, kind: 5, delay: ~}"),
    )
    assert [p.path for p in read_site(text, "f").problems] == [
        "detectors.2.inpt",
        "detectors.2.phase",
        "detectors.2.kind",
        "detectors.2.delay",
    ]
