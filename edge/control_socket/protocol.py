"""The two line formats of the control socket, and the bounds that keep one client from hurting another.

    request  {"v":1,"verb":"status"}                      {"v":1,"verb":"flash","why":"crash, NW pole"}
    reply    {"v":1,"ok":true,"verb":"status", …}         {"v":1,"ok":false,"code":77,"error":"…"}

One request is one line of UTF-8 JSON that ends with LF; the reply is one such line. `subscribe` is answered by a row of
status lines until the client hangs up. `code` is the exit code that the command line should end with (sysexits).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, TypeAlias

VERSION = 1
"""Rises only when a client that reads the old version would misunderstand the new one."""

MAX_REQUEST_BYTES = 4_096
"""Longest request line; the longest honest one is a verb and a reason."""

MAX_ADVICE_BYTES = 32_768
"""Longest line of a client that follows: an advice for a large junction, its alternatives and its lanes, is some 8 KB."""

MAX_WHY_CHARACTERS = 500
"""Longest reason that is kept."""

Reply: TypeAlias = dict[str, Any]
"""What a verb answers with, ready for JSON; `v`, `ok` and `verb` are added by the server."""


class Code(IntEnum):
    """Exit codes (sysexits.h) that a refused request carries."""

    USAGE = 64
    DATA = 65
    UNAVAILABLE = 69
    INTERNAL = 70
    REFUSED_NOW = 75
    NOT_ALLOWED = 77
    CONFIGURATION = 78


class Refused(Exception):
    """A request that is not carried out. The sentence says why and what to do."""

    def __init__(self, code: Code, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Request:
    """One request as asked; `who` is filled in by the server from the peer's credentials, never by the client."""

    verb: str
    why: str = ""
    who: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    uid: int | None = None

    @property
    def owner(self) -> str:
        """Who asked, by name and number: `anna (uid 1000)`."""
        return self.who if self.uid is None else f"{self.who} (uid {self.uid})"

    def number(self, name: str, default: float, lowest: float, highest: float) -> float:
        """Option `name`, held between `lowest` and `highest`.

        Raises:
            Refused: it is not a number.
        """
        value = self.options.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Refused(Code.USAGE, f"{name} of {self.verb} must be a number, not {value!r}")
        return min(highest, max(lowest, value))


def read_request(line: bytes) -> Request:
    """The request in one line.

    Raises:
        Refused: not JSON, another version, no verb, or a reason that is not a text.
    """
    try:
        asked = json.loads(line.decode())
        if b"\\u" in line:  # an escaped half of a character could be told to nobody
            json.dumps(asked, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Refused(Code.USAGE, f"this line is not JSON ({error}); send one JSON object a line") from error
    if not isinstance(asked, dict) or not isinstance(asked.get("verb"), str):
        raise Refused(Code.USAGE, 'a request is an object with a verb, such as {"v":1,"verb":"status"}')
    if asked.get("v") != VERSION:
        raise Refused(Code.USAGE, f"version {asked.get('v')!r} is not spoken here; this daemon speaks v {VERSION}")
    why = asked.get("why", "")
    if not isinstance(why, str) or len(why) > MAX_WHY_CHARACTERS:
        raise Refused(Code.USAGE, f"why must be a text of at most {MAX_WHY_CHARACTERS} characters")
    options = {key: value for key, value in asked.items() if key not in {"v", "verb", "why", "who", "uid"}}
    return Request(asked["verb"], " ".join(why.split()), options=options)


def write_request(verb: str, why: str = "", **options: object) -> bytes:
    """One request line."""
    asked: dict[str, object] = {"v": VERSION, "verb": verb, **options}
    if why:
        asked["why"] = why
    return _line(asked)


def write_reply(verb: str, reply: Mapping[str, Any]) -> bytes:
    """One line that says yes."""
    return _line({"v": VERSION, "ok": True, "verb": verb, **reply})


def write_refusal(refused: Refused) -> bytes:
    """One line that says no."""
    return _line({"v": VERSION, "ok": False, "code": int(refused.code), "error": refused.sentence})


def _line(value: Mapping[str, Any]) -> bytes:
    # an operator's word may hold bytes that are no characters; his wish is heard all the same
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace") + b"\n"
