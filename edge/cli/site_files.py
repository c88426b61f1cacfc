"""Verbs about site files: check, schema; and how every other verb reads one."""

import json
import sys
from argparse import Namespace
from pathlib import Path

from edge.cli.refusal import EX_NOINPUT, Refusal
from edge.model.site import Site

EX_CONFIG = 78


def check(options: Namespace) -> int:
    """`stopline check FILE…`: everything at once; 78 if any file has a problem."""
    from edge.check import check_file

    found = [check_file(path) for path in options.files]
    if options.json:
        print(json.dumps({"v": 1, "files": [c.as_dict() for c in found]}, ensure_ascii=False, indent=2))
    else:
        for checked in found:
            print(checked.report() if not checked.ok or len(found) == 1 else f"{checked.file}: {checked.report()}")
    if any(c.unreadable for c in found):
        return EX_NOINPUT
    return 0 if all(c.ok for c in found) else EX_CONFIG


def schema(_: Namespace) -> int:
    """`stopline schema`."""
    from edge.config.schema import render

    print(render(), end="")
    return 0


def site_of(path: Path) -> Site:
    """The site in `path`.

    Raises:
        Refusal: it has problems; they are printed.
    """
    from edge.check import check_file

    checked = check_file(path)
    if checked.site is None:
        print(checked.report(), file=sys.stderr)
        raise Refusal(EX_NOINPUT if checked.unreadable else EX_CONFIG, f"{path} is not a site file that may run")
    return checked.site
