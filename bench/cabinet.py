"""A cabinet for the runtime benchmarks: a Modbus TCP module (pyModbusTCP) for the lamps and the push-buttons, and a plain
ASCII loop counter on a pseudo-terminal that speaks fifty times a second. A process of its own, so that it takes nothing
from the interpreter it is measured with.

Run by `lateness.py` and `footprint.py`; prints its TCP port and serves until its standard input is closed.
"""

import random
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "config" / "dual-ring-8phase.yaml"
LOOPS = 18


@contextmanager
def cabinet(folder: Path) -> Iterator[Path]:
    """A cabinet that serves; the site file that is wired to it."""
    link = folder / "loops"
    with subprocess.Popen(
        [sys.executable, __file__, str(link)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        site = folder / "site.yaml"
        site.write_text(wired(SITE.read_text("utf-8"), link, port), "utf-8")
        try:
            yield site
        finally:
            assert process.stdin is not None
            process.stdin.close()


def wired(text: str, link: Path, port: int) -> str:
    """The demonstration site with its mock devices replaced by those of this cabinet."""
    kept = [line for line in text.splitlines() if not line.startswith(("  loops: ", "  buttons: ", "  cab: "))]
    at = kept.index("io:") + 1
    modbus = f"driver: modbus, profile: generic, host: 127.0.0.1, tcp_port: {port}"
    kept[at:at] = [
        f"  loops: {{driver: serial, protocol: counts-ascii, port: {link}, baud: 115200}}",
        f"  buttons: {{{modbus}, unit: 1, inputs: {{form: contacts, start: 0, count: 8}}}}",
        f"  cab: {{{modbus}, unit: 2, external_monitor: true}}",
    ]
    return "\n".join(kept) + "\n"


def serve(link: Path) -> None:
    """Serve until standard input ends; every loop is passed now and then."""
    sys.path.insert(0, str(ROOT))
    from tests.drivers.ascii_box import AsciiBox  # noqa: PLC0415  # the path is only now known
    from tests.drivers.modbus_server import ForeignServer  # noqa: PLC0415

    server, box, dice = ForeignServer(), AsciiBox(link, terminals=LOOPS), random.Random(1)
    print(server.tcp_port, flush=True)
    try:
        while not select.select([sys.stdin], [], [], 0.2)[0]:
            box.vehicles(dice.randint(1, LOOPS), 1)
    finally:
        box.close()
        server.stop()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
