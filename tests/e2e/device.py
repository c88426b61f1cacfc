"""A Modbus TCP output module inside the container: pyModbusTCP, with a write-fed watchdog like a Beckhoff BK9000's.

Run as `device.py PYTHON_PATH LOG`. Every change of its coils is one line of LOG: seconds of CLOCK_MONOTONIC, who
changed them (`master` or `deadman`), and the coils as 0 and 1.
"""

import sys
import threading
import time

sys.path.insert(0, sys.argv[1])

from pyModbusTCP.server import DataBank, ModbusServer  # type: ignore[import-untyped]

ADDRESS = "192.168.250.11"
WATCHDOG_MS = 500
COILS = 6


class Module(DataBank):  # type: ignore[misc]
    """Six coils, and the registers in which a BK9000 shows its watchdog."""

    def __init__(self, log: str) -> None:
        super().__init__(coils_size=COILS, h_regs_size=0x1200)
        self.log = open(log, "a", buffering=1, encoding="ascii")  # noqa: SIM115, PTH123 - as long as the process lives
        self.lock = threading.Lock()
        self.shown, self.fed = "", 0.0
        self.set_holding_registers(0x1120, [WATCHDOG_MS])
        self.set_holding_registers(0x1122, [0])

    def set_coils(self, address: int, bit_list: list[bool], srv_info: object = None) -> object:
        """A write of the master: it feeds the watchdog."""
        done = super().set_coils(address, bit_list, srv_info)
        if srv_info is not None:
            self.fed = time.monotonic()
            self.note("master")
        return done

    def note(self, who: str) -> None:
        """One line if the coils have changed."""
        with self.lock:
            shown = "".join("01"[bit] for bit in self.get_coils(0, COILS))
            if shown != self.shown:
                self.log.write(f"{time.monotonic():.3f} {who} {shown}\n")
                self.shown = shown

    def watch(self) -> None:
        """All coils off when the master has been silent too long."""
        while True:
            time.sleep(0.01)
            if time.monotonic() - self.fed > WATCHDOG_MS / 1000:
                super().set_coils(0, [False] * COILS)
                self.note("deadman")


if __name__ == "__main__":
    module = Module(sys.argv[2])
    threading.Thread(target=module.watch, daemon=True).start()
    ModbusServer(ADDRESS, 502, data_bank=module).start()
