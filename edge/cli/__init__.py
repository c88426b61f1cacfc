"""`stopline`, the command: verbs only, work is done elsewhere. Every import waits until its verb is asked for.

Exit codes are those of sysexits.h: 64 usage, 65 bad data, 66 no input, 69 no controller answers, 70 our own fault,
73 cannot write, 75 refused now, 77 not allowed, 78 configuration; `health` answers 0, 1, 2, 3 as monitoring plug-ins do;
130 after Ctrl-C.
"""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from edge import __version__

if TYPE_CHECKING:  # argparse is imported late, so that --version is quick
    from argparse import Namespace

EX_USAGE = 64
EX_SOFTWARE = 70
EX_NOPERM = 77
EX_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit code."""
    asked = list(sys.argv[1:] if argv is None else argv)
    if asked in (["--version"], ["-V"]):
        print(f"stopline {__version__}")
        return 0
    from edge.cli.parser import parser

    try:
        options = parser().parse_args(asked)
    except SystemExit as said:  # argparse has spoken: 0 after --help, 2 after a wrong word
        return EX_USAGE if said.code else 0
    return _carry_out(options.verb, options)


def _carry_out(verb: str, options: "Namespace") -> int:
    from edge.cli.refusal import Refusal
    from edge.cli.verbs import VERBS

    debug = bool(options.debug)
    try:
        return VERBS[verb](options)
    except Refusal as refusal:
        print(f"stopline {verb}: {refusal}", file=sys.stderr)
        return refusal.code
    except KeyboardInterrupt:
        return EX_INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our pipe has gone: nobody is left to tell
        return 0
    except PermissionError as error:  # what the daemon and the optimiser keep is for their own users and root
        if debug:
            raise
        print(f"stopline {verb}: {error.filename or error}: not allowed; be root (sudo) or its owner", file=sys.stderr)
        return EX_NOPERM
    except Exception as error:
        if debug:
            raise
        print(f"stopline {verb}: our own fault: {type(error).__name__}: {error}", file=sys.stderr)
        print("Please report it with the output of the same command with --debug.", file=sys.stderr)
        return EX_SOFTWARE
