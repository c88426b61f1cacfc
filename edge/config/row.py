"""What every row of the site file shares."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Row(BaseModel):
    """Nothing is guessed, nothing extra is let through; defaults are read like given values, in the units of the file."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, validate_default=True)


def setting(default: object, description: str) -> Any:  # noqa: ANN401 - stands for a field of any type
    """A setting with a default, in the units of the file."""
    return Field(default, description=description)


def optional(description: str) -> Any:  # noqa: ANN401 - stands for a field of any type
    """A setting that may be left out; None then."""
    return Field(None, validate_default=False, description=description)


def switch(description: str, *, default: bool) -> Any:  # noqa: ANN401 - stands for a field of any type
    """A setting that is true or false."""
    return Field(default, description=description)


def renamed(name: str, default: object, description: str) -> Any:  # noqa: ANN401 - stands for a field of any type
    """A setting whose name in the file is a word that Python keeps for itself."""
    return Field(default, alias=name, description=description)
