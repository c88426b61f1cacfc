"""Verbs that ask the running controller over its control socket."""

import json
from argparse import Namespace
from typing import Any

from edge.cli import screen
from edge.cli.refusal import Refusal
from edge.control_socket.client import Client
from edge.control_socket.protocol import Refused

_WAITS_FOR_THE_STREET_S = 300.0
"""A reload, a flash and a resume are answered when the street is there: pedestrians are not hurried."""

Answer = dict[str, Any]


def status(options: Namespace) -> int:
    """`stopline status`."""
    answer = _ask(options, "status")
    print(_json(answer) if options.json else "\n".join(screen.lines(answer)))
    return 0


def health(options: Namespace) -> int:
    """`stopline health`: the exit code is the level; 3 when nobody answers."""
    try:
        answer = _ask(options, "health")
    except Refusal as refusal:
        print(
            _json({"v": 1, "level": 3, "word": "unknown", "sentence": str(refusal)})
            if options.json
            else f"UNKNOWN {refusal}"
        )
        return 3
    print(_json(answer) if options.json else f"{answer['word'].upper()} {answer['sentence']}")
    return int(answer["level"])


def detectors(options: Namespace) -> int:
    """`stopline detectors`."""
    answer = _ask(options, "detectors")
    print(_json(answer) if options.json else "\n".join(screen.detectors(answer["detectors"])))
    return 0


def faults(options: Namespace) -> int:
    """`stopline faults` and `stopline faults clear -m WHY`."""
    if options.action == "clear":
        return _change(options, "faults_clear", "The monitor's latch is cleared; the start-up follows.")
    answer = _ask(options, "faults")
    print(_json(answer) if options.json else "\n".join(screen.faults(answer)))
    return 0


def events_tail(options: Namespace) -> int:
    """`stopline events tail`."""
    answer = _ask(options, "events", count=options.count)
    print(_json(answer) if options.json else "\n".join(screen.events(answer["events"])))
    return 0


def flash(options: Namespace) -> int:
    """`stopline flash -m WHY`."""
    return _change(options, "flash", "Going through clearance to flash. `stopline resume` ends it.")


def resume(options: Namespace) -> int:
    """`stopline resume -m WHY`."""
    return _change(options, "resume", "Flash ends: all red, then the first phases.")


def snapshot(options: Namespace) -> int:
    """`stopline snapshot -m WHY`."""
    return _change(options, "snapshot", "The last half minute is being written to the state directory.")


def reload(options: Namespace) -> int:
    """`stopline reload`: waits until the file has been taken over, or says why it is not."""
    return _change(options, "reload", "The site file has been taken over.")


def _change(options: Namespace, verb: str, done: str) -> int:
    answer = _ask(options, verb, why=options.why, timeout_s=_WAITS_FOR_THE_STREET_S)
    print(_json(answer) if options.json else answer.get("sentence") or done)
    return 0


def _ask(options: Namespace, verb: str, why: str = "", timeout_s: float = 5.0, **more: object) -> Answer:
    try:
        with Client(options.socket, timeout_s) as client:
            return client.ask(verb, why, **more)
    except Refused as refused:
        raise Refusal(int(refused.code), refused.sentence) from refused


def _json(answer: Answer) -> str:
    return json.dumps(answer, ensure_ascii=False)
