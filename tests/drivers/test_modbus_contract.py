"""Modbus TCP against pyModbusTCP and Modbus RTU against a slave on a pty keep the common contract."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drivers.contract import LosableContract, ReadbackContract, SinkContract, SourceContract
from tests.drivers.modbus_bench import CONTACTS, COUNTERS16, RtuBench, TcpBench


class TestModbusTcpContactsAndLampsKeepTheContract(SourceContract, SinkContract, ReadbackContract):
    @pytest.fixture
    def bench(self) -> Iterator[TcpBench]:
        bench = TcpBench(CONTACTS)
        yield bench
        bench.close()


class TestModbusTcpCountersKeepTheContract(LosableContract):
    @pytest.fixture
    def bench(self) -> Iterator[TcpBench]:
        bench = TcpBench(COUNTERS16)
        yield bench
        bench.close()


class TestModbusRtuContactsAndLampsKeepTheContract(SourceContract, SinkContract, ReadbackContract):
    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[RtuBench]:
        bench = RtuBench(tmp_path, CONTACTS)
        yield bench
        bench.close()


class TestModbusRtuCountersKeepTheContract(LosableContract):
    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[RtuBench]:
        bench = RtuBench(tmp_path, COUNTERS16)
        yield bench
        bench.close()
