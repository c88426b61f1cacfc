"""Overlaps on the screen: what each shows, for how long, and why."""

import json
from dataclasses import replace

from edge.check import check_text
from edge.cli.screen import lines
from edge.control.controller import Controller
from edge.daemon.safe_image import render as safe_image
from edge.model.devices import Device, ModbusOptions, TcpTransport
from edge.model.exchange import Inputs
from edge.model.indications import Indication
from edge.status import render
from edge.status.facts import LoopFacts, Published, ShellFacts
from tests.config.examples import OVERLAPS


def published(ticks: int) -> Published:
    site = check_text(OVERLAPS, "f").site
    assert site is not None
    controller = Controller(site, 0)
    shown = {}
    for k in range(1, ticks + 1):
        shown = dict(controller.step(100 * k, Inputs()).wanted)
    return Published(site, controller.status(100 * ticks), shown, None, None, (), LoopFacts(), ShellFacts())


def test_every_overlap_is_told_with_its_reason_and_its_channel_with_its_letter() -> None:
    said = json.loads(json.dumps(render.status(published(260))))
    overlaps = {o["letter"]: o for o in said["overlaps"]}
    assert list(overlaps) == ["A", "B", "C", "D"]
    assert overlaps["B"]["kind"] == "flashing-yellow-arrow"
    assert all(o["reason"] for o in overlaps.values())
    letters = {c["number"]: c["overlap"] for c in said["outputs"]["channels"]}
    assert (letters[1], letters[2], letters[13]) == ("A", None, "C")


def test_the_screen_has_one_line_an_overlap() -> None:
    text = lines(json.loads(json.dumps(render.status(published(260)))))
    assert [line[:13] for line in text if line.startswith("OVERLAP")] == [
        "OVERLAP A WBL",
        "OVERLAP B EBL",
        "OVERLAP C SBR",
        "OVERLAP D NBR",
    ]


def test_a_flashing_arrow_is_seen_on_the_screen() -> None:
    shown = (published(ticks) for ticks in range(250, 700, 50))
    assert any(Indication.FLASH_YELLOW_ARROW in p.shown.values() for p in shown)


def test_the_safe_image_has_all_four_circuits_of_an_arrow_head() -> None:
    site = published(1).site
    options = ModbusOptions(TcpTransport("192.0.2.7"), 1, "wago-750-8ch", 100, 200, 1_000, watchdog_ms=1_000)
    devices = {"cab": Device("cab", options)}
    text = safe_image(replace(site, devices=devices))
    assert " 0 40 " in text  # coils 0 to 39, the arrows on 38 and 39
