"""What one Modbus exchange costs: our port, pymodbus' sync client, its async client. Figures of docs/adr/0020.

    python bench/modbus_client.py [--seconds 10]        (from the repository's root)

Every candidate runs in a process of its own. TCP: against one pyModbusTCP server in another process, first as fast as it can,
then at the driver's pace (10 lamp writes, 10 read-backs and 10 input polls a second). RTU: on a pty, against the slave the
tests use; CPU time is that of the asking thread alone. Last, a question whose answer comes late, and another one after it:
what does the candidate say to the second?
"""

import argparse
import asyncio
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient, ModbusSerialClient, ModbusTcpClient
from pymodbus.client.mixin import ModbusClientMixin
from pymodbus.exceptions import ModbusException
from pyModbusTCP.server import ModbusServer  # type: ignore[import-untyped]

sys.path.insert(0, str(Path(__file__).parent.parent))  # the RTU slave lives with the tests

from drivers.base import DriverTimeout
from drivers.modbus_codec import Function, Request, read, write_coils
from drivers.modbus_port import Port
from drivers.modbus_rtu import RtuPort
from drivers.modbus_tcp import TcpPort
from edge.model.devices import SerialTransport, TcpTransport
from tests.drivers.modbus_slave import Pieces, RtuSlave

EXCHANGES = 3_000
LAMPS = [True, False, False, True] * 6
BAUD = 115_200
TIMEOUT_S = 0.1
LATE_S = 0.15
Asked = Callable[[str], list[bool] | None]
"""`"write"`, `"back"`, `"poll"` or `"poll 8"`: makes the exchange and gives its bits, None if no answer came in time."""


def clock() -> int:
    """Monotonic milliseconds."""
    return time.monotonic_ns() // 1_000_000


OURS: dict[str, Request] = {
    "write": write_coils(1, 0, LAMPS),
    "back": read(1, Function.READ_COILS, 0, 24),
    "poll": read(1, Function.READ_DISCRETE_INPUTS, 0, 8),
    "poll 8": read(1, Function.READ_DISCRETE_INPUTS, 8, 8),
}


def by_port(port: Port) -> Asked:
    """Ask by our own port."""
    port.open()

    def ask(what: str) -> list[bool] | None:
        try:
            return [bool(value) for value in port.exchange(OURS[what], int(TIMEOUT_S * 1000)).values]
        except DriverTimeout:
            return None

    return ask


def call(client: ModbusClientMixin[Any], what: str) -> Any:  # noqa: ANN401
    """The same question as `OURS` by a pymodbus client; an awaitable from an async one."""
    if what == "write":
        return client.write_coils(0, LAMPS, device_id=1)
    if what == "back":
        return client.read_coils(0, count=24, device_id=1)
    return client.read_discrete_inputs(8 if what == "poll 8" else 0, count=8, device_id=1)


def by_sync_client(client: ModbusTcpClient | ModbusSerialClient) -> Asked:
    """Ask by pymodbus' sync client."""
    client.connect()

    def ask(what: str) -> list[bool] | None:
        try:
            return list(call(client, what).bits)
        except ModbusException:
            return None

    return ask


def by_async_client(make: Callable[[], AsyncModbusTcpClient | AsyncModbusSerialClient]) -> Asked:
    """Ask by pymodbus' async client in an event loop of its own."""
    loop = asyncio.new_event_loop()

    async def connected() -> AsyncModbusTcpClient | AsyncModbusSerialClient:
        client = make()
        await client.connect()
        return client

    client = loop.run_until_complete(connected())

    async def answer(what: str) -> list[bool] | None:
        try:
            return list((await call(client, what)).bits)
        except ModbusException:
            return None

    return lambda what: loop.run_until_complete(answer(what))


TCP: dict[str, Callable[[int], Asked]] = {
    "our port": lambda port: by_port(TcpPort(TcpTransport("127.0.0.1", port), clock)),
    "sync client": lambda port: by_sync_client(ModbusTcpClient("127.0.0.1", port=port, timeout=TIMEOUT_S, retries=0)),
    "async client": lambda port: by_async_client(
        lambda: AsyncModbusTcpClient("127.0.0.1", port=port, timeout=TIMEOUT_S, retries=0)
    ),
}
RTU: dict[str, Callable[[str], Asked]] = {
    "our port": lambda path: by_port(RtuPort(SerialTransport(path, BAUD), clock, threading.Event())),
    "sync client": lambda path: by_sync_client(ModbusSerialClient(path, baudrate=BAUD, timeout=TIMEOUT_S, retries=0)),
    "async client": lambda path: by_async_client(
        lambda: AsyncModbusSerialClient(path, baudrate=BAUD, timeout=TIMEOUT_S, retries=0)
    ),
}


def as_fast_as_it_can(ask: Asked, exchanges: int) -> dict[str, float]:
    """Round trip in ms and CPU of this thread in ms for each exchange."""
    trips, cpu = [], time.thread_time()
    for turn in range(exchanges):
        began = time.perf_counter()
        ask(("write", "back", "poll")[turn % 3])
        trips.append((time.perf_counter() - began) * 1000)
    centiles = statistics.quantiles(trips, n=100)
    return {"p50": centiles[49], "p99": centiles[98], "cpu": (time.thread_time() - cpu) * 1000 / exchanges}


def at_the_drivers_pace(ask: Asked, seconds: float) -> float:
    """Share of a core, %."""
    cpu, due = time.process_time(), time.monotonic()
    end = due + seconds
    while due < end:
        for what in ("write", "back", "poll"):
            ask(what)
        due += 0.1
        time.sleep(max(0.0, due - time.monotonic()))
    return (time.process_time() - cpu) / seconds * 100


@contextmanager
def slave() -> Iterator[RtuSlave]:
    """A slave on a pty; its contacts 0-7 are closed, 8-15 open."""
    with tempfile.TemporaryDirectory() as folder:
        unit = RtuSlave(Path(folder) / "tty-bench")
        unit.memory.contacts[0:8] = [1] * 8
        yield unit
        unit.unplug()


def after_a_late_answer(name: str) -> str:
    """Whether the second question got the answer to the first."""
    with slave() as unit:

        def late(_request: bytes, reply: bytes) -> Pieces:
            yield LATE_S if len(unit.requests) == 1 else 0.0, reply

        unit.fault = late
        ask = RTU[name](str(unit.link))
        said = ask("poll"), ask("poll 8")
    return {"[True": "the late answer to the first", "[False": "its own answer"}.get(
        str(said[1]).split(",")[0], str(said)
    )


def measure(name: str, port: int, seconds: float) -> dict[str, object]:
    """All figures of one candidate; runs in a process of its own."""
    ask = TCP[name](port)
    as_fast_as_it_can(ask, 60)
    tcp, share = as_fast_as_it_can(ask, EXCHANGES), at_the_drivers_pace(ask, seconds)
    with slave() as unit:
        rtu = as_fast_as_it_can(RTU[name](str(unit.link)), EXCHANGES // 10)
    return {"tcp": tcp, "share": share, "rtu": rtu, "late": after_a_late_answer(name)}


def main() -> None:
    """Run every candidate and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=10.0, help="how long to run at the driver's pace")
    parser.add_argument("--only", choices=[*TCP, "server"], help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only == "server":
        ModbusServer("127.0.0.1", given.port).start()
    elif given.only:
        print(json.dumps(measure(given.only, given.port, given.seconds)))
    else:
        compare(given.seconds)


def compare(seconds: float) -> None:
    """Start the server, then each candidate after the other."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    again = [sys.executable, __file__, "--port", str(port), "--seconds", str(seconds), "--only"]
    server = subprocess.Popen([*again, "server"])
    try:
        time.sleep(1.0)
        print(
            f"{'ms':13}|TCP p50    p99    CPU |CPU % at 30/s |RTU p50    p99    CPU | the question after a late one gets"
        )
        for name in TCP:
            done = subprocess.run([*again, name], check=True, stdout=subprocess.PIPE, text=True)
            said = json.loads(done.stdout)
            tcp, rtu = (" ".join(f"{said[way][key]:6.3f}" for key in ("p50", "p99", "cpu")) for way in ("tcp", "rtu"))
            print(f"{name:13}| {tcp} | {said['share']:12.2f} | {rtu} | {said['late']}")
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
