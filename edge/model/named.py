"""The enums of the engine: values that tables and sets are asked for in every tick."""

from enum import Enum


class Named(Enum):
    """An enum that is found by identity, as its members are compared. `Enum` hashes the member's name, in Python, and a tick of
    an eight-phase site asks some sixty tables and sets."""

    __hash__ = object.__hash__
