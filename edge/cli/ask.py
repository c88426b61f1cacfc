"""Verbs that ask the running controller over its control socket."""

import json
from argparse import Namespace
from collections.abc import Callable
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
    answer = asked(options, "status")
    print(json_text(answer) if options.json else "\n".join(screen.lines(answer)))
    return 0


def health(options: Namespace) -> int:
    """`stopline health`: the exit code is the level; 3 when nobody answers."""
    try:
        answer = asked(options, "health")
    except Refusal as refusal:
        print(
            json_text({"v": 1, "level": 3, "word": "unknown", "sentence": str(refusal)})
            if options.json
            else f"UNKNOWN {refusal}"
        )
        return 3
    print(json_text(answer) if options.json else f"{answer['word'].upper()} {answer['sentence']}")
    return int(answer["level"])


def detectors(options: Namespace) -> int:
    """`stopline detectors`."""
    answer = asked(options, "detectors")
    print(json_text(answer) if options.json else "\n".join(screen.detectors(answer["detectors"])))
    return 0


def faults(options: Namespace) -> int:
    """`stopline faults` and `stopline faults clear -m WHY`."""
    if options.action == "clear":
        return change(options, "faults_clear", "The monitor's latch is cleared; the start-up follows.")
    answer = asked(options, "faults")
    print(json_text(answer) if options.json else "\n".join(screen.faults(answer)))
    return 0


def events_tail(options: Namespace) -> int:
    """`stopline events tail`."""
    answer = asked(options, "events", count=options.count)
    print(json_text(answer) if options.json else "\n".join(screen.events(answer["events"])))
    return 0


def flash(options: Namespace) -> int:
    """`stopline flash -m WHY`."""
    more = {} if options.for_s is None else {"for_s": options.for_s}
    return change(options, "flash", "Going through clearance to flash. `stopline resume` ends it.", **more)


def resume(options: Namespace) -> int:
    """`stopline resume -m WHY`."""
    return change(options, "resume", "Flash ends: all red, then the first phases.")


def snapshot(options: Namespace) -> int:
    """`stopline snapshot -m WHY`."""
    return change(options, "snapshot", "The last half minute is being written to the state directory.")


def reload(options: Namespace) -> int:
    """`stopline reload`: waits until the file has been taken over, or says why it is not."""
    return change(options, "reload", "The site file has been taken over.")


def change(options: Namespace, verb: str, done: str | Callable[[Answer], str], **more: object) -> int:
    """A changing verb: ask for it, and say what came of it."""
    answer = asked(options, verb, why=options.why, timeout_s=_WAITS_FOR_THE_STREET_S, **more)
    said = answer.get("sentence") or (done if isinstance(done, str) else done(answer))
    print(json_text(answer) if options.json else said)
    return 0


def asked(options: Namespace, verb: str, why: str = "", timeout_s: float = 5.0, **more: object) -> Answer:
    """One question to the running controller."""
    try:
        with Client(options.socket, timeout_s) as client:
            return client.ask(verb, why, **more)
    except Refused as refused:
        raise Refusal(int(refused.code), refused.sentence) from refused


def json_text(answer: Answer) -> str:
    """An answer for programs."""
    return json.dumps(answer, ensure_ascii=False)
