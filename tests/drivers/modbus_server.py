"""A Modbus TCP module served by pyModbusTCP, which shares no code with the driver: it remembers what it was given."""

import socket
import threading
from collections.abc import Callable, Sequence

from pyModbusTCP.constants import EXP_SLAVE_DEVICE_FAILURE  # type: ignore[import-untyped]
from pyModbusTCP.server import DataBank, DataHandler, ModbusServer  # type: ignore[import-untyped]


class RecordingHandler(DataHandler):  # type: ignore[misc]  # pyModbusTCP has no types
    """Keeps every coil image written, can fall silent, refuse, and lie about its coils."""

    def __init__(self) -> None:
        super().__init__(DataBank())
        self.images: list[tuple[int, tuple[bool, ...]]] = []
        self.writes: list[tuple[str, int, tuple[int, ...]]] = []
        self.asked: list[str] = []
        self.speaking = threading.Event()
        self.speaking.set()
        self.refuses: set[str] = set()
        self.lies: dict[int, bool] = {}  # coil → what it reads back as
        self.on_register: Callable[[int, int], None] = lambda _address, _value: None

    def _enter(self, what: str) -> bool:
        self.asked.append(what)
        self.speaking.wait()
        return what not in self.refuses

    def _refusal(self) -> DataHandler.Return:
        return DataHandler.Return(exp_code=EXP_SLAVE_DEVICE_FAILURE)

    def read_coils(self, address: int, count: int, srv_info: object) -> DataHandler.Return:
        if not self._enter("read coils"):
            return self._refusal()
        result = super().read_coils(address, count, srv_info)
        if result.ok:
            result.data = [self.lies.get(address + i, bit) for i, bit in enumerate(result.data)]
        return result

    def write_coils(self, address: int, bits_l: Sequence[bool], srv_info: object) -> DataHandler.Return:
        if not self._enter("write coils"):
            return self._refusal()
        result = super().write_coils(address, bits_l, srv_info)
        self.images.append((address, tuple(bits_l)))
        return result

    def read_d_inputs(self, address: int, count: int, srv_info: object) -> DataHandler.Return:
        return super().read_d_inputs(address, count, srv_info) if self._enter("read inputs") else self._refusal()

    def read_h_regs(self, address: int, count: int, srv_info: object) -> DataHandler.Return:
        return super().read_h_regs(address, count, srv_info) if self._enter("read registers") else self._refusal()

    def read_i_regs(self, address: int, count: int, srv_info: object) -> DataHandler.Return:
        return super().read_i_regs(address, count, srv_info) if self._enter("read counters") else self._refusal()

    def write_h_regs(self, address: int, words_l: Sequence[int], srv_info: object) -> DataHandler.Return:
        if not self._enter("write registers"):
            return self._refusal()
        self.writes.append(("register", address, tuple(words_l)))
        result = super().write_h_regs(address, words_l, srv_info)
        for offset, value in enumerate(words_l):
            self.on_register(address + offset, value)
        return result


class _QuickToStop(ModbusServer):  # type: ignore[misc]
    def _serve(self) -> None:
        self._evt_running.set()
        try:
            self._service.serve_forever(poll_interval=0.02)  # pyModbusTCP's own half second is a third of our test time
        finally:
            self._evt_running.clear()


class ForeignServer:
    """The module on a loopback port of its own; it keeps its memory while it is switched off."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.tcp_port: int = probe.getsockname()[1]
        self.handler = RecordingHandler()
        self.bank = self.handler.data_bank
        self._server: _QuickToStop | None = None
        self.start()

    def start(self) -> None:
        """Switch it on."""
        if self._server is None:
            self._server = _QuickToStop("127.0.0.1", self.tcp_port, no_block=True, data_hdl=self.handler)
            self._server.start()

    def stop(self) -> None:
        """Switch it off; connections end."""
        if self._server is not None:
            self.handler.speaking.set()
            self._server.stop()
            self._server = None

    def stall(self) -> None:
        """Stay connected, answer nothing."""
        self.handler.speaking.clear()

    def resume(self) -> None:
        """Answer again, also what was asked meanwhile."""
        self.handler.speaking.set()
