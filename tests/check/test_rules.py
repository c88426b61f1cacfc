"""Every cross-check has a site that breaks it, and says so in one problem at the right place."""

import pytest

from edge.check import check_text
from edge.check.whole import RULES
from tests.config.examples import DUAL, FIELD, MINIMAL, STAGES, edit

Change = tuple[str, str]


def said(text: str) -> list[str]:
    """`path: what — write` of every problem."""
    return [f"{p.path}: {p.what} — {p.write}" for p in check_text(text, "f").problems]


def warned(text: str) -> list[str]:
    checked = check_text(text, "f")
    assert checked.problems == ()
    return [f"{p.path}: {p.what} — {p.write}" for p in checked.warnings]


RINGS: list[tuple[str, list[Change], str]] = [
    (
        MINIMAL,
        [('"2 | 4"', '"2 | 4 6"')],
        "rings.0: phase 6 stands in ring 1 and has no timing — add phases.6, or take it out",
    ),
    (
        DUAL,
        [('"5 6 | 7 8"', '"5 6 | 8"')],
        "phases.7: phase 7 has timing and stands in no ring — put it into rings, or remove it",
    ),
    (
        DUAL,
        [("dual_entry: [2, 4, 6, 8]", "dual_entry: [2, 9]")],
        "options.dual_entry.1: this intersection has no phase 9 — name a phase of the rings, or remove it",
    ),
    (
        DUAL,
        [("phases: [2, 6]}", "phases: [2, 16]}")],
        "intersection.main_street.phases.1: this intersection has no phase 16 — name a phase of the rings, or remove it",
    ),
    (
        DUAL,
        [("rest_in: [2, 6]", "rest_in: [2, 8]")],
        (
            "options.rest_in: phases 2 and 8 conflict and cannot be green together — "
            "keep one of them, or phases of different rings in one barrier group"
        ),
    ),
    (
        DUAL,
        [("start_in: [2, 6]", "start_in: [1, 2]")],
        (
            "flash.startup.start_in: phases 1 and 2 conflict and cannot be green together — "
            "keep one of them, or phases of different rings in one barrier group"
        ),
    ),
    (
        DUAL,
        [("[[2, 6], [4, 8]]", "[[2, 6], [4, 6]]")],
        (
            "options.simultaneous_gap.1: phases 4 and 6 conflict and cannot be green together — "
            "keep one of them, or phases of different rings in one barrier group"
        ),
    ),
    (
        DUAL,
        [("[[2, 6], [4, 8]]", "[[2, 6], [4]]")],
        "options.simultaneous_gap.1: this names 1 different phases — write two, such as [2, 6]",
    ),
    (
        STAGES,
        [("1: {2: 5.0, 3: 6.0}", "1: {2: 3.9, 3: 6.0}")],
        "intergreen.1.2: intergreen 1 to 2 is 3.9 s, shorter than phase 1's yellow 3 + red_clear 1 = 4 s — at least 4",
    ),
    (
        STAGES,
        [("1: {2: 5.0, 3: 6.0}", "1: {1: 5.0, 3: 6.0}")],
        "intergreen.1.1: phase 1 has no intergreen to itself — use options.red_revert",
    ),
    (
        STAGES,
        [("1: {2: 5.0, 3: 6.0}", "1: {4: 5.0, 3: 6.0}")],
        "intergreen.1.4: this intersection has no phase 4 — name a phase of the rings, or remove it",
    ),
    (
        DUAL,
        [("\nio:", "\nintergreen: {2: {6: 7.0}}\nio:")],
        "intergreen.2.6: phases 2 and 6 may be green together — remove it, or part them in rings",
    ),
    (
        MINIMAL,
        [
            (
                "permissive: none",
                "permissive: none\n  min_yellow_and_red: 5.1\nflash: {startup: {all_red: 1}}",
            )
        ],
        "flash.startup.all_red: all_red is 1 s, the card wants 1.1 s here — at least 1.1",
    ),
    (
        MINIMAL,
        [("permissive: none", "permissive: none\n  min_yellow: 3.4\nflash: {startup: {exit_yellow: 3}}")],
        "flash.startup.exit_yellow: exit_yellow is 3 s, the card wants 3.4 s here — at least 3.4",
    ),
    (
        MINIMAL,
        [("permissive: none", "permissive: none\n  min_yellow: 3.4\nflash: {startup: {flash: 3}}")],
        "flash.startup.flash: flash is 3 s, the card wants 3.4 s here — at least 3.4",
    ),
]

PHASES: list[tuple[str, list[Change], str]] = [
    (
        MINIMAL,
        [("yellow: 3.6", "yellow: 2.8")],
        (
            "phases.4.yellow: phase 4: yellow 2.8 s is under 3 s (MUTCD 4F.17) — "
            "at least 3, or state overrides.yellow_below_3: {phases: [4], why: …}"
        ),
    ),
    (
        MINIMAL,
        [("yellow: 3.6", "yellow: 6.1")],
        (
            "phases.4.yellow: phase 4: yellow 6.1 s is over 6 s (MUTCD 4F.17) — "
            "at most 6, or state overrides.yellow_above_6: {phases: [4], why: …}"
        ),
    ),
    (
        MINIMAL,
        [("red_clear: 1.5, recall: none", "red_clear: 6.5, recall: none")],
        (
            "phases.4.red_clear: phase 4: red_clear 6.5 s is over 6 s (MUTCD 4F.17) — "
            "at most 6, or state overrides.red_clear_above_6: {phases: [4], why: …}"
        ),
    ),
    (
        MINIMAL,
        [("schema: 1", "schema: 1\noverrides: {yellow_below_3: {phases: [4], why: old}}")],
        "overrides.yellow_below_3.phases.0: phase 4's yellow is 3.6 s and needs no override — remove it",
    ),
    (
        MINIMAL,
        [("schema: 1", "schema: 1\noverrides: {red_clear_above_6: {phases: [9], why: old}}")],
        "overrides.red_clear_above_6.phases.0: this intersection has no phase 9 — remove it",
    ),
    (
        MINIMAL,
        [
            ("yellow: 3.6", "yellow: 2.8"),
            ("schema: 1", "schema: 1\noverrides: {yellow_below_3: {phases: [4], why: ''}}"),
        ],
        "overrides.yellow_below_3.why: this text is empty — write at least a word",
    ),
    (
        MINIMAL,
        [("max_green: 25", "max_green: 6.5")],
        "phases.4.max_green: phase 4: max_green 6.5 s is shorter than min_green 7 s — at least 7",
    ),
    (
        MINIMAL,
        [("America/Denver", "America/Denvr")],
        "intersection.timezone: 'America/Denvr' is not a time zone — did you mean 'America/Denver'?",
    ),
    (
        MINIMAL,
        [("America/Denver", "America")],
        "intersection.timezone: 'America' is not a time zone — write an IANA name such as America/Denver",
    ),
    (
        MINIMAL,
        [("America/Denver", "../../etc/passwd")],
        "intersection.timezone: '../../etc/passwd' is not a time zone — write an IANA name such as America/Denver",
    ),
]

DETECTORS: list[tuple[str, list[Change], str]] = [
    (
        MINIMAL,
        [("input: loops.2", "input: loop.2")],
        "detectors.2.input: detector 2 is wired to 'loop', which is no device — name one of io: loops, cab",
    ),
    (
        MINIMAL,
        [("input: loops.2", "input: loops.1")],
        "detectors.2.input: detector 2 is wired to loops.1, which already is detector 1 — give it a terminal of its own",
    ),
    (
        DUAL,
        [("input: buttons.2", "input: loops.7")],
        (
            "ped_buttons.2.input: push-button 2 is wired to loops.7, which already is detector 7 — "
            "give it a terminal of its own"
        ),
    ),
    (
        FIELD,
        [("input: loops_a.4", "input: loops_a.5")],
        "detectors.4.input: detector 4: device loops_a has no terminal '5' — write loops_a.1 to loops_a.4",
    ),
    (
        FIELD,
        [("input: panel.1", "input: panel.door")],
        "ped_buttons.2.input: push-button 2: device panel has no terminal 'door' — write panel.1 to panel.8",
    ),
    (
        FIELD,
        [("input: panel.1", "input: cab.1")],
        "ped_buttons.2.input: push-button 2: device cab has no terminal '1' — state io.cab.inputs",
    ),
    (
        FIELD,
        [
            ("protocol: canoga", "protocol: counts-ascii"),
            (", presence_mask: 1", ""),
            ("input: loops_a.4", "input: loops_a.65"),
        ],
        "detectors.4.input: detector 4: device loops_a has no terminal '65' — write loops_a.1 to loops_a.64",
    ),
    (
        MINIMAL,
        [("phase: 4, kind: stopbar", "phase: 6, kind: stopbar"), ("recall: none", "recall: soft")],
        "detectors.2.phase: detector 2 calls phase 6, which this intersection does not have — name a phase of phases",
    ),
    (
        DUAL,
        [
            ("{input: buttons.2, phase: 2}", "{input: buttons.2, phase: 12}"),
            ("lock: true, walk", "ped_recall: true, walk"),
        ],
        "ped_buttons.2.phase: push-button 2 calls phase 12, which this intersection does not have — name a phase of phases",
    ),
    (
        DUAL,
        [
            ("{input: buttons.2, phase: 2}", "{input: buttons.2, phase: 1}"),
            ("lock: true, walk", "ped_recall: true, walk"),
        ],
        "ped_buttons.2.phase: push-button 2 calls phase 1, which has no walk — add walk and ped_clear to phases.1",
    ),
    (
        DUAL,
        [("partner: 12", "partner: 99")],
        "detectors.2.partner: there is no detector 99 — name another detector",
    ),
    (
        DUAL,
        [("partner: 12", "partner: 2")],
        "detectors.2.partner: detector 2 cannot stand in for itself — name another detector",
    ),
    (
        DUAL,
        [("partner: 12", "partner: 14")],
        "detectors.2.partner: detector 14 calls phase 4, detector 2 phase 2 — name a detector of the same phase",
    ),
    (
        MINIMAL,
        [("delay: 3.0", "calls: false")],
        (
            "phases.4: nobody can call phase 4: it has no detector that calls, no push-button and no recall — "
            "add a detector, or recall: min"
        ),
    ),
    (
        FIELD,
        [
            ("address: 1, presence_mask: 1", "address: 1"),
            ("phase: 3, kind: stopbar, move: NBL, delay: 3.0", "phase: 3, kind: count"),
            ("  3: {move: NBL", "  3: {recall: min, move: NBL"),
            ("  4: {move: SBT", "  4: {recall: max, move: SBT"),
        ],
        (
            "detectors.1: detector 1 is counted when a vehicle has left it: one that waits on it calls nobody — "
            "state io.loops_a.presence_mask, or calls: false and recall: min for phase 1"
        ),
    ),
    (
        FIELD,
        [("form: contacts", "form: counters16"), ("  4: {move: SBT", "  4: {lock: true, move: SBT")],
        "detectors.18: detector 18 only counts, and phase 8 forgets its call in the next tick — phases.8.lock: true",
    ),
    (
        FIELD,
        [
            ("form: contacts", "form: holding-counters32"),
            ("  4: {move: SBT", "  4: {lock: true, move: SBT"),
            ("  8: {move: NBT", "  8: {lock: true, move: NBT"),
            ("move: NBT-1, distance_m: 60", "move: NBT-1, delay: 2.0, distance_m: 60"),
        ],
        "detectors.18.delay: detector 18 only counts: no call of it outlasts a delay of 2 s — remove it",
    ),
    (
        FIELD,
        [
            ("form: contacts", "form: counters16"),
            ("  4: {move: SBT", "  4: {lock: true, move: SBT"),
            ("  8: {move: NBT", "  8: {lock: true, move: NBT"),
            ("move: NBT-1, distance_m: 60, extend: 1.0", "move: NBT-1, distance_m: 60, queue: true"),
        ],
        (
            "detectors.18.queue: detector 18 only counts: its queue is taken for gone as soon as the green is opposed — "
            "remove it, or state extend"
        ),
    ),
    (
        DUAL,
        [("  2: {input: buttons.2, phase: 2}\n", "")],
        (
            "phases.2.walk: nobody can call the walk of phase 2: it has no push-button and no ped_recall — "
            "add a push-button, or ped_recall: true"
        ),
    ),
]

ON_THE_LINE = (
    "profile: wago-750, host: 192.168.20.10, tcp_port: 502, unit: 1, watchdog: 0.5",
    "profile: icp-das-m7000, port: /dev/serial/by-id/usb-FTDI_rs485-if00, baud: 19200, parity: even, watchdog: 0.5",
)
"""The lamps of the field site moved to the serial line of its loops."""

SILENCE = (
    "keeps /dev/serial/by-id/usb-FTDI_rs485-if00 from the lamps of cab for up to 0.8 s, and its watchdog is {} s — "
    "a watchdog of 0.8 at least, a shorter timeout, or a line of its own"
)

DEVICES: list[tuple[str, list[Change], str]] = [
    (
        MINIMAL,
        [("phase: 4, output: cab", "phase: 4, output: cub")],
        "channels.4.output: channel 4 is lit by 'cub', which is no device — name one of io: loops, cab",
    ),
    (
        FIELD,
        [("wires: [30, 31]", "wires: [30, 31]"), ("ped: 8,   output: cab", "ped: 8,   output: loops_a")],
        "channels.12.output: channel 12 is lit by 'loops_a', which only reads inputs — name a modbus or mock device",
    ),
    (
        MINIMAL,
        [("wires: [3, 4, 5]", "wires: [3, 4, 2]")],
        "channels.4.wires.2: output cab 2 already drives channel 2 — give it a wire of its own",
    ),
    (
        MINIMAL,
        [("wires: [3, 4, 5]", "wires: [3, 4, 3]")],
        "channels.4.wires.2: wire 3 stands twice in channel 4 — give each lamp its own wire",
    ),
    (
        FIELD,
        [("usb-FTDI_loops_b-if00", "usb-FTDI_loops_a-if00"), ("address: 2", "address: 1")],
        (
            "io.loops_b.address: devices loops_a and loops_b are both card 1 on /dev/serial/by-id/usb-FTDI_loops_a-if00 — "
            "give each its address"
        ),
    ),
    (
        FIELD,
        [
            ("usb-FTDI_loops_b-if00", "usb-FTDI_rs485-if00"),
            ("unit: 4", "unit: 5"),
            ("panel:\n    driver", "other:\n    driver"),
            ("panel.1", "other.1"),
            ("panel.2", "other.2"),
            ("panel.3", "other.3"),
            ("panel.4", "other.4"),
            ("usb-FTDI_rs485-if00\n    baud: 19200\n    parity: even\n    unit: 5", "usb-FTDI_x-if00\n    unit: 5"),
        ],
        (
            "io.radar.port: devices loops_b and radar are on one port, /dev/serial/by-id/usb-FTDI_rs485-if00 — "
            "give each its own port"
        ),
    ),
    (
        FIELD,
        [("unit: 4", "unit: 3")],
        (
            "io.panel.unit: devices radar and panel are both unit 3 on /dev/serial/by-id/usb-FTDI_rs485-if00 — "
            "number each unit once"
        ),
    ),
    (
        FIELD,
        [("parity: even\n    unit: 4", "parity: odd\n    unit: 4")],
        (
            "io.panel.port: devices radar and panel share /dev/serial/by-id/usb-FTDI_rs485-if00 at different settings — "
            "same baud, parity, stop_bits"
        ),
    ),
    (
        FIELD,
        [("  loops_a:", "  twin: {driver: modbus, profile: generic, host: 192.168.20.10}\n  loops_a:")],
        "io.twin.unit: devices cab and twin are both unit 1 on 192.168.20.10:502 — number each unit once",
    ),
    (
        FIELD,
        [("profile: wago-750", "profile: wago-70")],
        "io.cab.profile: there is no Modbus profile 'wago-70' — did you mean 'wago-750'?",
    ),
    (
        FIELD,
        [("profile: wago-750", "profile: waveshare-relay")],
        (
            "io.cab.profile: cab lights lamps, and Waveshare Modbus RTU relay boards on loss of its master: hold — "
            "use a module with a watchdog, or state external_monitor: true where one stands behind it"
        ),
    ),
    (
        FIELD,
        [("profile: wago-750", "profile: generic")],
        (
            "io.cab.profile: cab lights lamps, and any Modbus I/O module on loss of its master: unknown — "
            "use a module with a watchdog, or state external_monitor: true where one stands behind it"
        ),
    ),
    (
        FIELD,
        [("profile: wago-750", "profile: moxa-iologik-e1200")],
        (
            "io.cab.profile: cab lights lamps, and the watchdog of Moxa ioLogik E1210/E1212/E1213/E1214 cannot be read back — "
            "use a module whose watchdog can be read, or state external_monitor: true where one stands behind it"
        ),
    ),
    (
        FIELD,
        [("watchdog: 0.5, ", "")],
        (
            "io.cab.watchdog: cab lights lamps and states no watchdog — "
            "add watchdog: what the module is set to, at most, such as 1.0"
        ),
    ),
    *(
        (
            FIELD,
            [("host: 192.168.20.10", f"host: {host}")],
            f"io.cab.host: '{host}' is neither an address nor a name — an address such as 192.168.20.10",
        )
        for host in ("192.168.20..10", "192.168.20.1000", "192.168.20", "cab one", "-cab", "x" * 64)
    ),
    (FIELD, [("unit: 4", "unit: 0")], "io.panel.unit: unit 0 cannot be asked on a serial line — 1 to 247"),
    (FIELD, [("unit: 4", "unit: 248")], "io.panel.unit: unit 248 cannot be asked on a serial line — 1 to 247"),
    (
        FIELD,
        [("unit: 4\n    inputs: {form: contacts, start: 0", "unit: 4\n    inputs: {form: counters32, start: 65530")],
        "io.panel.inputs: the inputs of panel reach address 65545 — 65535 at most: a lower start, or fewer",
    ),
    (
        FIELD,
        [("watchdog: 0.5, ", "watchdog: 0.5, coils_start: 65510, ")],
        "io.cab.coils_start: the lamps of cab reach coil 65541 — 65535 at most",
    ),
    (
        FIELD,
        [("wires: [30, 31]", "wires: [30, 1968]")],
        "io.cab: the lamps of cab span wires 0 to 1968 — 1968 wires at most: one write carries no more",
    ),
    (FIELD, [ON_THE_LINE], f"io.cab.watchdog: one unanswered question to cab {SILENCE.format('0.5')}"),
    (
        FIELD,
        [(ON_THE_LINE[0], ON_THE_LINE[1].replace("watchdog: 0.5", "watchdog: 0.7, timeout: 0.1"))],
        f"io.cab.watchdog: one unanswered question to radar {SILENCE.format('0.7')}",
    ),
]

CARD: list[tuple[str, list[Change], str]] = [
    (
        DUAL,
        [("    10: [12]\n", "    10: [12, 13]\n")],
        (
            "conflicts.permissive.10.1: the card names channel 13, which this intersection does not have — "
            "remove it, or add the channel"
        ),
    ),
    (
        DUAL,
        [("    10: [12]\n", "    10: [12]\n    14: [1]\n")],
        (
            "conflicts.permissive.14: the card names channel 14, which this intersection does not have — "
            "remove it, or add the channel"
        ),
    ),
    (
        DUAL,
        [("  min_yellow: 3.0", "  channels: {33: {}}\n  min_yellow: 3.0")],
        (
            "conflicts.channels.33: the card names channel 33, which this intersection does not have — "
            "remove it, or add the channel"
        ),
    ),
    (
        DUAL,
        [("    10: [12]\n", "    10: [10, 12]\n")],
        "conflicts.permissive.10.0: channel 10 is permitted beside itself — remove it",
    ),
    (
        DUAL,
        [("    1: [5, 6, 11]", "    1: [5, 6, 8, 11]")],
        (
            "conflicts.permissive.1.2: the card lets channels 1 (phase 1) and 8 (phase 8) run together, the rings do not — "
            "remove 8, or mend rings"
        ),
    ),
    (
        DUAL,
        [("    10: [12]\n", "    10: [12]\n    11: [5]\n")],
        (
            "conflicts.permissive.11.0: the card lets channels 5 (phase 5) and 11 (ped 6) run together, the rings do not — "
            "remove 5, or mend rings"
        ),
    ),
    (
        DUAL,
        [("    1: [5, 6, 11]", "    1: [5, 11]")],
        (
            "conflicts.permissive.1: the rings let channels 1 (phase 1) and 6 (phase 6) run together, the card does not — "
            "add 6 to conflicts.permissive.1, or part their phases in rings"
        ),
    ),
    (
        DUAL,
        [("    10: [12]\n", "")],
        (
            "conflicts.permissive: the rings let channels 10 (ped 4) and 12 (ped 8) run together, the card does not — "
            "add 12 to conflicts.permissive.10, or part their phases in rings"
        ),
    ),
    (
        MINIMAL,
        [("permissive: none", "permissive: none\n  min_yellow: 3.7")],
        "phases.4.yellow: phase 4: yellow 3.6 s, the card of channel 4 wants 3.7 s (min_yellow) — at least 3.7",
    ),
    (
        MINIMAL,
        [("permissive: none", "permissive: none\n  channels: {4: {min_green: 8}}")],
        "phases.4.min_green: phase 4: min_green 7 s, the card of channel 4 wants 8 s (min_green) — at least 8",
    ),
    (
        DUAL,
        [("  min_yellow: 3.0", "  channels: {10: {min_walk: 8}}\n  min_yellow: 3.0")],
        "phases.4.walk: phase 4: walk 7 s, the card of channel 10 wants 8 s (min_walk) — at least 8",
    ),
    (
        DUAL,
        [("  min_yellow: 3.0", "  channels: {10: {min_ped_clearance: 15}}\n  min_yellow: 3.0")],
        "phases.4.ped_clear: phase 4: ped_clear 14 s, the card of channel 10 wants 15 s (min_ped_clearance) — at least 15",
    ),
    (
        MINIMAL,
        [("permissive: none", "permissive: none\n  min_yellow_and_red: 5.2")],
        (
            "phases.4.red_clear: phase 4: yellow 3.6 + red_clear 1.5 = 5.1 s, the card of channel 4 wants 5.2 s "
            "(min_yellow_and_red) — at least 1.6"
        ),
    ),
    (
        MINIMAL,
        [("  4: {phase: 4, output: cab, wires: [3, 4, 5], flash: red}\n", "")],
        "phases.4: no channel shows phase 4 — add a row to channels with phase: 4",
    ),
    (
        DUAL,
        [
            ("  12: {ped: 8,   output: cab, wires: [30, 31],     flash: dark}\n", ""),
            ("    8: [10, 12]", "    8: [10]"),
            ("    3: [7, 8, 12]", "    3: [7, 8]"),
            ("    4: [7, 8, 10, 12]", "    4: [7, 8, 10]"),
            ("    10: [12]\n", ""),
        ],
        "phases.8.walk: no channel shows the walk of phase 8 — add a row to channels with ped: 8",
    ),
    (
        MINIMAL,
        [
            (
                "  4: {phase: 4, output: cab",
                "  5: {phase: 5, output: cab, wires: [6, 7, 8], flash: red}\n  4: {phase: 4, output: cab",
            )
        ],
        "channels.5.phase: channel 5 shows phase 5, which this intersection does not have — name a phase of phases",
    ),
    (
        MINIMAL,
        [
            (
                "  4: {phase: 4, output: cab",
                "  5: {ped: 4, output: cab, wires: [6, 7], flash: dark}\n  4: {phase: 4, output: cab",
            ),
            ("permissive: none", "permissive: {4: [5]}"),
        ],
        "channels.5.ped: channel 5 shows the walk of phase 4, which has none — add walk and ped_clear to phases.4",
    ),
    (
        MINIMAL,
        [("flash: red", "flash: yellow")],
        "channels.4.flash: channel 4 flashes yellow, and so does conflicting channel 2 — flash: red for one of them",
    ),
    (
        DUAL,
        [("wires: [21, 22, 23], flash: red", "wires: [21, 22, 23], flash: yellow")],
        "channels.8.flash: channel 8 flashes yellow, and so do conflicting channels 2 and 6 — flash: red for one of them",
    ),
    (
        MINIMAL,
        [("flash: red", "flash: dark"), ("flash: yellow", "flash: dark")],
        "channels: no channel flashes in flash — write flash: red or flash: yellow for one",
    ),
]

PLANS: list[tuple[str, list[Change], str]] = [
    (
        MINIMAL,
        [("splits: {2: 36, 4: 24}", "splits: {2: 60}")],
        "plans.1.splits: plan 1: phase 4 has no split — add 4: seconds",
    ),
    (
        MINIMAL,
        [("splits: {2: 36, 4: 24}", "splits: {2: 36, 4: 24, 6: 36}")],
        "plans.1.splits.6: plan 1: this intersection has no phase 6 — remove it",
    ),
    (
        MINIMAL,
        [("splits: {2: 36, 4: 24}", "splits: {2: 36, 4: 21}")],
        "plans.1.splits: plan 1: ring 1 splits add up to 57 s, the cycle is 60 s — add 3 s",
    ),
    (
        DUAL,
        [("7: 16, 8: 30}", "7: 16, 8: 32.5}")],
        "plans.2.splits: plan 2: ring 2 splits add up to 112.5 s, the cycle is 110 s — take 2.5 s away",
    ),
    (
        DUAL,
        [("5: 16, 6: 34, 7: 18, 8: 32", "5: 16, 6: 35, 7: 17, 8: 32")],
        (
            "plans.1.splits: plan 1: ring 1 reaches barrier 1 after 50 s, ring 2 after 51 s — "
            "give both the same sum before the barrier; they differ by 1 s"
        ),
    ),
    (
        DUAL,
        [("{1: 18, 2: 46, 3: 16, 4: 30", "{1: 38, 2: 26, 3: 16, 4: 30")],
        (
            "plans.2.splits.2: plan 2: phase 2 split 26 s is shorter than walk 7 + ped_clear 15 + yellow 4 + red_clear 1.5 "
            "= 27.5 s — at least 27.5"
        ),
    ),
    (
        MINIMAL,
        [("splits: {2: 36, 4: 24}", "splits: {2: 48, 4: 12}")],
        (
            "plans.1.splits.4: plan 1: phase 4 split 12 s is shorter than min_green 7 + yellow 3.6 + red_clear 1.5 = 12.1 s"
            " — at least 12.1"
        ),
    ),
    (
        STAGES,
        [("splits: {1: 39, 2: 14, 3: 27}", "splits: {1: 43, 2: 14, 3: 23}")],
        (
            "plans.1.splits.3: plan 1: phase 3 split 23 s is shorter than walk 7 + ped_clear 10 + intergreen 7 = 24 s"
            " — at least 24"
        ),
    ),
    (
        MINIMAL,
        [("cycle: 60", "cycle: 60, offset: 75")],
        "plans.1.offset: plan 1: offset 75 s is not within the cycle of 60 s — write 15",
    ),
    (
        MINIMAL,
        [("fallback: {plan: 1}", "fallback: {plan: 2}")],
        "fallback.plan: there is no plan 2 to fall back to — name one of plans: 1",
    ),
    (
        MINIMAL,
        [("fallback: {plan: 1}", "fallback: {plan: 1, unseen_plan: 3}")],
        (
            "fallback.unseen_plan: there is no plan 3 for phases where nobody has been seen"
            " — name one of plans: 1; or leave it out: that of `plan` is taken"
        ),
    ),
    (
        MINIMAL,
        [("run: free", "run: plan 3")],
        "schedule.0.run: there is no plan 3 — name one of plans: 1",
    ),
    (
        MINIMAL,
        [("  - {days: daily, at: 00:00, run: free}", "  []")],
        "schedule: nothing is scheduled — write - {days: daily, at: 00:00, run: free}",
    ),
    (
        MINIMAL,
        [("run: free}", "run: free}\n  - {days: wed, at: 00:00, run: plan 1}")],
        "schedule.1: entry 2 begins on wed at 00:00, as entry 1 does — keep one of them, or change days or time",
    ),
    (
        DUAL,
        [("  - {date: 2026-12-25, like: sun}", "  - {date: 2026-12-25, like: sun}\n  - {date: 2026-12-25, like: sat}")],
        "exceptions.1.date: 2026-12-25 already is exception 1 — keep one of them",
    ),
]


@pytest.mark.parametrize(
    ("text", "changes", "problem"),
    [*RINGS, *PHASES, *DETECTORS, *DEVICES, *CARD, *PLANS],
    ids=lambda v: v[:70] if isinstance(v, str) else "",
)
def test_a_disagreement_is_one_problem_with_its_arithmetic_and_remedy(
    text: str, changes: list[Change], problem: str
) -> None:
    assert said(edit(text, *changes)) == [problem]


@pytest.mark.parametrize(
    ("text", "changes", "warning"),
    [
        (
            FIELD,
            [("/dev/serial/by-id/usb-FTDI_loops_a-if00", "/dev/ttyUSB0")],
            "io.loops_a.port: /dev/ttyUSB0 may be another device after a restart — use the name under /dev/serial/by-id",
        ),
        (
            FIELD,
            [("confirmed_by: R. Osei PE", 'confirmed_by: ""')],
            (
                "conflicts.confirmed_by: nobody has confirmed the card; run will not drive cab — "
                "confirmed_by: who compared it with the cabinet's card"
            ),
        ),
        (
            DUAL,
            [("walk: 7, ped_clear: 14}", "walk: 6, ped_clear: 15}"), ("min_walk: 7", "min_walk: 5")],
            "phases.4.walk: phase 4: walk 6 s is under 7 s (MUTCD 4I.06) — 7, unless pedestrians are few and quick",
        ),
        (
            MINIMAL,
            [
                ("yellow: 3.6", "yellow: 2.8"),
                ("schema: 1", "schema: 1\noverrides: {yellow_below_3: {phases: [4], why: 30 km/h zone}}"),
            ],
            (
                "phases.4.yellow: phase 4: yellow 2.8 s is under 3 s (MUTCD 4F.17), by override: 30 km/h zone — "
                "nothing, if that still holds"
            ),
        ),
        (
            MINIMAL,
            [("days: daily", "days: mon-sat")],
            "schedule: no entry begins on sun: what ran the day before runs on — add an entry for them, if that is not meant",
        ),
        (
            MINIMAL,
            [("run: free", "run: flash")],
            "schedule: the schedule is flash and nothing else — run: free, or a plan",
        ),
    ],
)
def test_what_is_legal_and_unusual_is_a_warning(text: str, changes: list[Change], warning: str) -> None:
    assert warned(edit(text, *changes)) == [warning]


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        (FIELD, [("watchdog: 0.5", "external_monitor: true"), ("profile: wago-750", "profile: waveshare-relay")]),
        (
            FIELD,
            [("  loops_a:", "  twin: {driver: modbus, profile: generic, host: 192.168.20.10, unit: 2}\n  loops_a:")],
        ),
        *(
            (FIELD, [("host: 192.168.20.10", f"host: '{host}'")])
            for host in ("fd00::10", "cab", "cab-1.depot.example.")
        ),
        (FIELD, [(ON_THE_LINE[0], ON_THE_LINE[1].replace("watchdog: 0.5", "watchdog: 0.8"))]),
        (
            FIELD,
            [
                (
                    ON_THE_LINE[0],
                    ON_THE_LINE[1]
                    .replace("watchdog: 0.5", "external_monitor: true")
                    .replace("icp-das-m7000", "generic"),
                )
            ],
        ),
        (MINIMAL, [("permissive: none", "permissive: {}")]),
        (MINIMAL, [("delay: 3.0", "calls: false"), ("recall: none", "recall: soft")]),
        (STAGES, [("1: {2: 5.0, 3: 6.0}", "1: {2: 4.0, 3: 4.0}")]),
        (DUAL, [("    10: [12]\n", "    12: [10]\n")]),
        (
            FIELD,
            [
                ("form: contacts", "form: counters16"),
                ("  4: {move: SBT", "  4: {lock: true, move: SBT"),
                ("  8: {move: NBT", "  8: {lock: true, move: NBT"),
                ("move: NBT-1, distance_m: 60", "move: NBT-1, queue: true, distance_m: 60"),
            ],
        ),
    ],
)
def test_what_an_engineer_may_write_is_accepted(text: str, changes: list[Change]) -> None:
    assert said(edit(text, *changes)) == []


def test_a_field_error_does_not_hide_the_cross_checks_of_the_rest() -> None:
    text = edit(
        DUAL,
        ("red_revert: 2.0", "red_revert: fast"),
        ("min_green: 5", "min_green: x"),
        ("wires: [3, 4, 5]", "wires: [0, 4, 5]"),
        ("5: 16, 6: 34, 7: 18, 8: 32}", "5: 16, 6: 34, 7: 18, 8: 29}"),
        ("phase: 8, kind: stopbar", "phase: 9, kind: stopbar"),
        ("    1: [5, 6, 11]", "    1: [5, 11]"),
    )
    assert [p.path for p in check_text(text, "f").problems] == [
        "options.red_revert",
        "phases.1.min_green",
        "detectors.8.phase",
        "detectors.8.partner",
        "detectors.18.partner",
        "channels.2.wires.0",
        "conflicts.permissive.1",
        "plans.1.splits",
    ]


def test_a_value_that_cannot_be_read_is_not_held_against_others() -> None:
    text = edit(
        DUAL,
        ("yellow: 4.0, red_clear: 1.5, recall: min", "yellow: four, red_clear: 1.5, recall: min"),
        ("{1: 16, 2: 34", "{1: 16, 2: x"),
        ("  1:  {phase: 1, output", "  1:  {phse: 1, output"),
        ("loops.3,  phase: 3", "loops.3,  phase: three"),
        ("loops.13, phase: 3", "loops.13, phase: three"),
    )
    assert [p.path for p in check_text(text, "f").problems] == [
        "phases.2.yellow",
        "detectors.3.phase",
        "detectors.13.phase",
        "channels.1.phse",
        "plans.1.splits.2",
    ]


def test_broken_rings_are_one_problem_and_not_a_flood() -> None:
    text = edit(DUAL, ('- "5 6 | 7 8"', '- "5 6 | 7 8 | 9"'))
    assert [p.path for p in check_text(text, "f").problems] == ["rings.1"]


def test_every_rule_is_named_and_says_what_it_holds() -> None:
    assert len(set(RULES)) == len(RULES) > 25
    assert all(rule.__doc__ for rule in RULES)


def test_canoga_cards_may_share_a_line() -> None:
    assert said(edit(FIELD, ("usb-FTDI_loops_b-if00", "usb-FTDI_loops_a-if00"))) == []


def test_a_split_keeps_room_for_the_longest_clearance_that_leaves_with_it() -> None:
    six = "yellow: 4.0, red_clear: 1.5, recall: min, lock: true, walk: 7, ped_clear: 15}\n  7:"
    slow = six.replace("yellow: 4.0, red_clear: 1.5", "yellow: 6.0, red_clear: 6.0").replace("15}\n", "14}\n")
    two = "ped_clear: 15}\n  3:"
    found = said(edit(DUAL, (six, slow), (two, two.replace("15", "16"))))
    sum_in_words = (
        "walk 7 + ped_clear 16 + yellow 6 + red_clear 6 of phase 6, which leaves with it = 35 s — at least 35"
    )
    assert found == [
        f"plans.{n}.splits.2: plan {n}: phase 2 split 34 s is shorter than {sum_in_words}" for n in (1, 3, 4)
    ]


def test_a_phase_of_the_rings_without_a_row_is_said_and_not_looked_up() -> None:
    row = next(line + "\n" for line in DUAL.splitlines() if line.startswith("  8: {move:"))
    missing = said(edit(DUAL, (row, "")))
    assert missing[0] == "rings.1: phase 8 stands in ring 2 and has no timing — add phases.8, or take it out"


def test_a_walk_does_not_stand_in_for_the_vehicle_signals_of_a_phase_with_loops() -> None:
    row = next(line + "\n" for line in DUAL.splitlines() if line.startswith("  4:  {phase: 4"))
    dark = edit(DUAL, (row, ""), ("    4: [7, 8, 10, 12]\n", ""))
    assert said(dark) == ["phases.4: no channel shows phase 4 — add a row to channels with phase: 4"]


def test_a_limit_of_failed_detectors_that_can_never_be_reached_is_a_warning() -> None:
    text = edit(DUAL, ("failed_detectors: 4", "failed_detectors: 17"))
    what = "the fixed plan waits for 17 failed detectors, and there are 16"
    assert warned(text) == [f"fallback.when.failed_detectors: {what} — at most 16"]
    assert warned(edit(DUAL, ("failed_detectors: 4", "failed_detectors: 16"))) == []
