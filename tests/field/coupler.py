"""A Beckhoff EK9000 as far as a signal controller meets it, served by pyModbusTCP in a process of its own.

It has the watchdog of the real one: fed by writes alone, it drops all outputs when it is not fed, counts the expiry, and shows
its settings in the registers that the maker's manual names. What it is told, and when, stands in its record, one line each:

    MS on                       power came
    MS write SESSION START BITS a coil image, SESSION being the connection it came over
    MS deadman                  the watchdog has dropped the outputs

MS is CLOCK_MONOTONIC. The record outlives the process, so the device may be killed like any other.

    python -m tests.field.coupler TCP_PORT RECORD WATCHDOG_MS

prints `ready` and obeys lines on its standard input: `stall`, `resume`, `set REGISTER VALUE`, `input TERMINAL 0|1`,
`stick COIL 0|1`, `unstick COIL`. Each is answered with a line.
"""

import os
import sys
import threading
import time
from collections.abc import Sequence

from pyModbusTCP.server import DataBank, DataHandler, ModbusServer  # type: ignore[import-untyped]

TRIPS, TIME, KIND, REACTION = 0x1021, 0x1120, 0x1122, 0x1123
FED_BY_WRITES, DISABLED, OUTPUTS_OFF = 0, 2, 0
COILS = 32


class Coupler(DataHandler):  # type: ignore[misc]  # pyModbusTCP has no types
    """Coils, inputs, registers and the watchdog over them."""

    def __init__(self, record: str, watchdog_ms: int) -> None:
        super().__init__(DataBank(coils_size=COILS, d_inputs_size=16, h_regs_size=0x1200))
        self._record = os.open(record, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._fed_ms: int | None = None
        self._lock = threading.Lock()
        self._given_up: set[int] = set()  # connections on which something was asked while it was stalled
        self.stuck: dict[int, bool] = {}
        self.speaking = threading.Event()
        self.speaking.set()
        for register, value in ((TIME, watchdog_ms), (KIND, FED_BY_WRITES), (REACTION, OUTPUTS_OFF), (TRIPS, 0)):
            self.data_bank.set_holding_registers(register, [value])
        self.note("on")

    def note(self, what: str) -> None:
        """One line of the record."""
        os.write(self._record, f"{time.monotonic_ns() // 1_000_000} {what}\n".encode("ascii"))

    def register(self, address: int) -> int:
        """What a holding register holds."""
        return int(self.data_bank.get_holding_registers(address)[0])

    def watch(self) -> None:
        """The dead-man: begins with the first write, as the real one does."""
        while True:
            time.sleep(0.005)
            with self._lock:
                silent_ms = 0 if self._fed_ms is None else time.monotonic_ns() // 1_000_000 - self._fed_ms
                if silent_ms <= self.register(TIME) or self.register(KIND) == DISABLED:
                    continue
                self._fed_ms = None
                self.data_bank.set_coils(0, [False] * COILS)
                self.data_bank.set_holding_registers(TRIPS, [self.register(TRIPS) + 1])
                self.note("deadman")

    def _hear(self, srv_info: object) -> None:
        """Wait while stalled. A connection on which something was asked meanwhile is closed, and nothing on it is done."""
        connection = srv_info.client.port  # type: ignore[attr-defined]
        if not self.speaking.is_set():
            self._given_up.add(connection)
        self.speaking.wait()
        if connection in self._given_up:
            raise ModbusServer.Error("given up")

    def write_coils(self, address: int, bits_l: Sequence[bool], srv_info: object) -> DataHandler.Return:
        self._hear(srv_info)
        with self._lock:
            result = super().write_coils(address, bits_l, srv_info)
            self._fed_ms = time.monotonic_ns() // 1_000_000
            image = "".join("01"[bit] for bit in bits_l)
            self.note(f"write {srv_info.client.port} {address} {image}")  # type: ignore[attr-defined]
        return result

    def read_coils(self, address: int, count: int, srv_info: object) -> DataHandler.Return:
        self._hear(srv_info)
        result = super().read_coils(address, count, srv_info)
        if result.ok:
            result.data = [self.stuck.get(address + i, bit) for i, bit in enumerate(result.data)]
        return result

    def read_d_inputs(self, address: int, count: int, srv_info: object) -> DataHandler.Return:
        self._hear(srv_info)
        return super().read_d_inputs(address, count, srv_info)

    def read_h_regs(self, address: int, count: int, srv_info: object) -> DataHandler.Return:
        self._hear(srv_info)
        return super().read_h_regs(address, count, srv_info)

    def obey(self, words: list[str]) -> None:
        """One command of the bench."""
        match words:
            case ["stall"]:
                self.speaking.clear()
            case ["resume"]:
                self.speaking.set()
            case ["set", register, value]:
                self.data_bank.set_holding_registers(int(register), [int(value)])
            case ["input", terminal, level]:
                self.data_bank.set_discrete_inputs(int(terminal) - 1, [level == "1"])
            case ["stick", coil, level]:
                self.stuck[int(coil)] = level == "1"
            case ["unstick", coil]:
                del self.stuck[int(coil)]
            case _:
                raise ValueError(words)


def main() -> None:
    """Serve until standard input ends."""
    port, record, watchdog_ms = sys.argv[1:4]
    coupler = Coupler(record, int(watchdog_ms))
    threading.Thread(target=coupler.watch, daemon=True).start()
    server = ModbusServer("127.0.0.1", int(port), no_block=True, data_hdl=coupler)
    server.start()
    print("ready", flush=True)
    for text in sys.stdin:
        coupler.obey(text.split())
        print("done", flush=True)
    os._exit(0)  # like a power switch: no farewell to whoever is connected


if __name__ == "__main__":
    main()
