"""Reads plain values into rows. What cannot be read is reported and replaced, so that all the rest can still be checked."""

from copy import deepcopy
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from edge.config.device_rows import DRIVERS
from edge.config.fields import PROBLEM, nearest, shown
from edge.config.problems import Findings, Path
from edge.config.rows import SiteFile
from edge.config.yaml12 import Value

_ROUNDS = 12  # each round removes something; a file is at most seven deep

_FILLERS: dict[tuple[str, ...], Value] = {
    ("schema",): 1,
    ("intersection",): {"id": 1, "name": "?", "timezone": "UTC"},
    ("intersection", "id"): 1,
    ("intersection", "name"): "?",
    ("intersection", "timezone"): "UTC",
    ("rings",): ["1"],
    ("phases",): {},
    ("phases", "*", "min_green"): 5,
    ("phases", "*", "passage"): 2,
    ("phases", "*", "max_green"): 30,
    ("phases", "*", "yellow"): 4,
    ("phases", "*", "red_clear"): 1,
    ("io",): {},
    ("channels",): {},
    ("conflicts",): {"permissive": {}},
    ("conflicts", "permissive"): {},
    ("plans",): {},
    ("plans", "*", "cycle"): 60,
    ("plans", "*", "splits"): {},
    ("fallback",): {"plan": 1},
    ("fallback", "plan"): 1,
    ("lanes", "*", "approach"): "?",
    ("lanes", "*", "movements"): [],
    ("sumo", "tls"): "?",
    ("sumo", "links"): {},
}
"""What stands in for a required value that cannot be read. Nothing computed from it is ever reported (see Findings)."""


def validate(raw: dict[str | int, Value], findings: Findings) -> SiteFile | None:
    """The rows of `raw`, which is changed on the way; None where nothing is left to check."""
    for _ in range(_ROUNDS):
        try:
            return SiteFile.model_validate(raw)
        except ValidationError as error:
            _settle(raw, error, findings)
    return None


def _settle(raw: dict[str | int, Value], error: ValidationError, findings: Findings) -> None:
    """Report what is new in `error`, and take it out of the way."""
    details = error.errors(include_url=False)
    meant = {_meant(d["loc"]) for d in details if d["type"] in _UNKNOWN}
    for detail in details:
        path = _path(detail["loc"])
        if detail["type"] == "missing" and path in meant:
            findings.spoiled.add(path)  # the misspelt key is said already
        elif not findings.is_spoiled(path):
            _report(raw, path, detail, findings)
    for detail in details:
        mend = _fill if detail["type"] == "missing" else _remove
        mend(raw, _path(detail["loc"]), findings)


_UNKNOWN = frozenset({"extra_forbidden", "invalid_key"})


def _path(loc: Path) -> Path:
    """Pydantic's location as a path of the file: without the driver tag and its marker of keys."""
    parts = [part for part in loc if part != "[key]"]
    if len(parts) > 2 and parts[0] == "io" and parts[2] in DRIVERS:  # noqa: PLR2004 - io, name, tag
        del parts[2]
    return tuple(parts)


def _report(raw: Value, path: Path, detail: Any, findings: Findings) -> None:  # noqa: ANN401 - pydantic's ErrorDetails
    kind, given = detail["type"], detail.get("input")
    if given is None and kind in _WRONG_VALUE:
        findings.value(path, f"{shown(path[-1])} has no value", f"write one, or remove {shown(path[-1])}")
    elif kind == PROBLEM and detail["loc"][-1] == "[key]":
        findings.key(path, detail["ctx"]["what"], detail["ctx"]["write"])
        findings.spoiled.add(path[:-1])  # which row was meant is not known
    elif kind == PROBLEM:
        findings.value(path, detail["ctx"]["what"], detail["ctx"]["write"])
    elif kind in _UNKNOWN:
        _unknown_key(detail["loc"], findings, alone=_at(raw, path) is None)
    elif kind == "missing":
        findings.value(path, f"{shown(path[-1])} is missing", f"add {_example(detail['loc'])}")
    else:
        what, write = _SHAPES.get(kind, ("{} cannot stand here", "see docs/site-file.md"))
        findings.value(path, what.format(shown(given)), write)


_WRONG_VALUE = frozenset({PROBLEM, "dict_type", "model_type", "list_type"})

_SHAPES = {
    "dict_type": ("{} stands where a table belongs", "write rows such as 2: {…}"),
    "model_type": ("{} stands where a row belongs", "write key: value pairs, or remove it"),
    "model_attributes_type": ("{} stands where a row belongs", "write key: value pairs, or remove it"),
    "list_type": ("{} stands where a list belongs", "write [ … ]"),
    "union_tag_not_found": ("'driver' is missing or no word", f"write driver: one of {', '.join(DRIVERS)}"),
    "union_tag_invalid": ("this driver is not known", f"write driver: one of {', '.join(DRIVERS)}"),
}


def _unknown_key(loc: Path, findings: Findings, *, alone: bool) -> None:
    path, key = _path(loc), loc[-1]
    if isinstance(key, int) and alone:
        findings.key(path, f"{key} stands alone here; is it the end of a decimal comma?", "write 1.5 with a point")
        return
    meant = _meant(loc)
    if meant is not None:
        findings.spoiled.add(meant)
    write = f"did you mean '{meant[-1]}'?" if meant else f"remove it; known here: {', '.join(keys_at(loc[:-1]))}"
    findings.key(path, f"{shown(key)} is not a known setting here", write)


def _meant(loc: Path) -> Path | None:
    """The setting that was probably meant by an unknown one."""
    word = nearest(str(loc[-1]), keys_at(loc[:-1]))
    return (*_path(loc)[:-1], word) if word else None


def _example(loc: Path) -> str:
    model = _model_at(loc[:-1])
    for name, info in model.model_fields.items() if model else ():
        if loc[-1] in {name, info.alias} and info.description:
            return f"{loc[-1]}: {_in_sentence(info.description)}"
    return f"{loc[-1]}: …"


def _in_sentence(text: str) -> str:
    """A description as part of a sentence: `Yellow change, s.` as `yellow change, s`, but IANA stays IANA."""
    first, second = text[:1], text[1:2]
    return ((first.lower() if second.islower() else first) + text[1:]).rstrip(".")


def keys_at(loc: Path) -> tuple[str, ...]:
    """The settings known at `loc` (a path, or pydantic's location with the driver tag), as the file spells them."""
    model = _model_at(loc)
    return tuple(info.alias or name for name, info in model.model_fields.items()) if model else ()


def _model_at(loc: Path) -> type[BaseModel] | None:
    here: Any = SiteFile
    for part in loc:
        here = _step(here, part)
    return next((m for m in _members(here) if _is_model(m)), None)


def _is_model(kind: Any) -> bool:  # noqa: ANN401 - a type expression
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _step(kind: Any, part: str | int) -> Any:  # noqa: ANN401 - a type expression
    for member in _members(kind):
        if get_origin(member) in {dict, list}:
            return get_args(member)[-1]
        if not _is_model(member):
            continue
        driver = member.model_fields.get("driver")
        if driver is not None and part in get_args(driver.annotation):
            return member
        for name, info in member.model_fields.items():
            if part in {name, info.alias}:
                return info.annotation
    return None


def _members(kind: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a type expression
    """The alternatives of a type expression, without annotations."""
    if get_origin(kind) is Annotated:
        return _members(get_args(kind)[0])
    if get_origin(kind) in {Union, UnionType}:
        return tuple(m for arg in get_args(kind) for m in _members(arg))
    return (kind,)


def _fill(raw: dict[str | int, Value], path: Path, findings: Findings) -> None:
    """Put a filler where a required value is missing; where there is none, take the whole row away."""
    findings.spoiled.add(path)
    for pattern, filler in _FILLERS.items():
        if len(pattern) == len(path) and all(a in {"*", b} for a, b in zip(pattern, path, strict=True)):
            parent = _at(raw, path[:-1])
            if isinstance(parent, dict):
                parent[path[-1]] = deepcopy(filler)
            return
    _remove(raw, path[:-1], findings)


def _remove(raw: dict[str | int, Value], path: Path, findings: Findings) -> None:
    """Take the value at `path` away; out of a list, the whole list, because its places are counted."""
    parent = _at(raw, path[:-1])
    if isinstance(parent, list):
        _remove(raw, path[:-1], findings)
    elif isinstance(parent, dict):
        parent.pop(path[-1], None)
        findings.spoiled.add(path)


def _at(value: Value, path: Path) -> Value:
    for part in path:
        if isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        elif isinstance(value, dict):
            value = value.get(part)
        else:
            return None
    return value
