"""Values of the model as JSON values and back, exactly: for what is stored and what passes between processes.

A frozen dataclass becomes an object without the members that stand at their default, an enumeration member its name, a
set a sorted list, a mapping a list of pairs in its own order. What shape a member has is read from its annotation, once,
so a member that is added with a default is stored and read without a word here, and records from before it are read as
they were meant. Numbers stay what they are: JSON's decimal digits give a float back to its last bit.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, NewType, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

Json: TypeAlias = Any
"""What `json` reads and writes."""

_Value = TypeVar("_Value")
_Way: TypeAlias = Callable[[Any], Any]
_NO_DEFAULT = object()


def to_plain(value: object) -> dict[str, Json]:
    """A frozen dataclass as a JSON object."""
    kind: Any = type(value)
    there, _ = _ways(kind)
    told: dict[str, Json] = there(value)
    return told


def from_plain(kind: type[_Value], told: Json) -> _Value:
    """The value of a dataclass again.

    Raises:
        ValueError: this is not how such a value is told; mostly it was written by another version.
    """
    hint: Any = kind
    _, back = _ways(hint)
    try:
        found: _Value = back(told)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"no {kind.__name__} is told like this: {error}") from error
    return found


@cache
def _ways(hint: Any) -> tuple[_Way, _Way]:  # noqa: ANN401 - an annotation may be anything
    """The way to plain values and back for what is annotated as `hint`."""
    if isinstance(hint, NewType):
        return _ways(hint.__supertype__)
    origin, inner = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        return _optional(next(kind for kind in inner if kind is not NoneType))
    if origin is not None:
        return _container(origin, inner)
    if hint in {int, float, str, bool}:
        return hint, hint
    if issubclass(hint, Enum):
        return _name, hint.__getitem__
    if is_dataclass(hint):
        return _object(hint)
    raise TypeError(f"there is no plain form for {hint}")


def _name(member: Enum) -> str:
    return member.name


def _optional(hint: Any) -> tuple[_Way, _Way]:  # noqa: ANN401 - see above
    there, back = _ways(hint)
    return (
        lambda value: None if value is None else there(value),
        lambda told: None if told is None else back(told),
    )


def _container(origin: Any, inner: tuple[Any, ...]) -> tuple[_Way, _Way]:  # noqa: ANN401 - see above
    if issubclass(origin, Mapping):
        return _mapping(*inner)
    if origin is tuple and inner[-1] is not Ellipsis:
        return _row(inner)
    there, back = _ways(inner[0])
    if origin is frozenset:
        return lambda found: sorted(map(there, found)), lambda told: frozenset(map(back, told))
    return lambda found: [there(item) for item in found], lambda told: tuple(map(back, told))


def _mapping(key: Any, value: Any) -> tuple[_Way, _Way]:  # noqa: ANN401 - see above
    key_there, key_back = _ways(key)
    there, back = _ways(value)
    return (
        lambda found: [[key_there(k), there(v)] for k, v in found.items()],
        lambda told: {key_back(k): back(v) for k, v in told},
    )


def _row(inner: tuple[Any, ...]) -> tuple[_Way, _Way]:
    """A tuple of fixed length, each place with a kind of its own."""
    ways = [_ways(hint) for hint in inner]
    return (
        lambda found: [there(item) for (there, _), item in zip(ways, found, strict=True)],
        lambda told: tuple(back(item) for (_, back), item in zip(ways, told, strict=True)),
    )


def _object(kind: Any) -> tuple[_Way, _Way]:  # noqa: ANN401 - see above
    hints = get_type_hints(kind)
    members = {field.name: (_default(field), *_ways(hints[field.name])) for field in fields(kind)}

    def there(value: object) -> dict[str, Json]:
        told = {}
        for name, (default, way, _) in members.items():
            found = getattr(value, name)
            if default is _NO_DEFAULT or found != default:
                told[name] = way(found)
        return told

    def back(told: dict[str, Json]) -> object:
        return kind(**{name: members[name][2](item) for name, item in told.items()})

    return there, back


def _default(field: "Field[Any]") -> object:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return _NO_DEFAULT if field.default is MISSING else field.default
