"""`python -m edge.optimiser`: the same as `stopline optimise`."""

import argparse
import sys
from pathlib import Path

from edge.optimiser.process import OptimiserOptions, run


def main() -> int:
    """Read the words of the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m edge.optimiser", description=__doc__)
    parser.add_argument("--socket", type=Path, required=True, help="control socket")
    parser.add_argument("--state", type=Path, required=True, help="directory for what is learned")
    parser.add_argument("--parent", type=int, metavar="PID", help="the process that starts it: end when it has gone")
    asked = parser.parse_args()
    return run(OptimiserOptions(asked.socket, asked.state, asked.parent))


if __name__ == "__main__":
    sys.exit(main())
