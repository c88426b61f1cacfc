"""What has to be known of a SUMO configuration before it is loaded: what it adds, and where its tripinfo goes.

SUMO reads the file itself and obeys every option in it. We only must not push aside what the user has put there: a list of
additional files that is given on the command line replaces the file's own, and so does the name of an output.
"""

from dataclasses import dataclass
from os.path import expandvars
from pathlib import Path
from xml.etree import ElementTree as ET

_ADDITIONAL = ("additional-files", "additional", "a")
_TRIPINFO = ("tripinfo-output", "tripinfo")
_NOWHERE = frozenset({"", "NUL", "nul", "/dev/null", "-", "stdout", "STDOUT", "stderr"})
"""Outputs that cannot be read again."""


@dataclass(frozen=True, slots=True)
class SumoConfig:
    """A configuration. `additional`: its additional files; `tripinfo`: where it writes tripinfo, None where it does not."""

    path: Path
    additional: tuple[str, ...] = ()
    tripinfo: Path | None = None


def read_config(path: Path) -> SumoConfig:
    """The configuration in `path`.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no XML.
    """
    try:
        root = ET.fromstring(path.read_bytes())  # noqa: S314 - the user's own file, and SUMO reads it too
    except ET.ParseError as error:
        raise ValueError(f"{path} is no SUMO configuration: {error}") from error
    options = {element.tag: expandvars(element.get("value", element.get("v", ""))) for element in root.iter()}
    folder = path.resolve().parent
    listed = _first(options, _ADDITIONAL).split(",")
    tripinfo = _first(options, _TRIPINFO)
    return SumoConfig(
        path,
        tuple(str(folder / name.strip()) for name in listed if name.strip()),
        None if tripinfo in _NOWHERE else folder / tripinfo,
    )


def _first(options: dict[str, str], names: tuple[str, ...]) -> str:
    return next((options[name] for name in names if options.get(name)), "")


def written(path: Path) -> Path:
    """Where SUMO really wrote an output: an `output-prefix` or `output-suffix` of the user goes into the name.

    Raises:
        FileNotFoundError: it wrote none.
    """
    if path.exists():
        return path
    found = sorted(path.parent.glob(f"*{path.stem}*{path.suffix}"), key=lambda file: file.stat().st_mtime_ns)
    if not found:
        raise FileNotFoundError(2, "SUMO wrote no tripinfo", str(path))
    return found[-1]
