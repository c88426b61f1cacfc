"""`stopline` on a computer whose wall clock somebody sets: by as many seconds as the file in CLOCK_OFFSET says, if it exists.

CLOCK_OFFSET=/tmp/offset python -m tests.field.clock_set_back run --config …
"""

import os
import sys
from pathlib import Path

import edge.clock
from edge.cli import main

_OFFSET = Path(os.environ["CLOCK_OFFSET"])
_true_wall = edge.clock.wall


def _wall() -> int:
    return _true_wall() + (int(_OFFSET.read_text()) * 1_000 if _OFFSET.exists() else 0)


if __name__ == "__main__":
    edge.clock.wall = _wall
    sys.exit(main())
