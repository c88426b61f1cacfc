"""What the devices of a cabinet say, read by the codecs of our own drivers or byte by byte."""

import pytest

from drivers.ascii_lines import DataLine, HelloLine, decode_line
from drivers.canoga_frames import Question, VehicleRecord, decode_detection, decode_text, request
from drivers.frame_checks import Refused
from edge.model.devices import ModbusOptions, TcpTransport
from edge.sim.cabinet.module import ModbusModule
from edge.sim.cabinet.talks import AsciiTalk, CanogaCard, CanogaTalk, RtuTalk, TcpTalk, crc16


def units() -> dict[int, ModbusModule]:
    return {n: ModbusModule(ModbusOptions(TcpTransport("h"), n, "generic", 100, 200, 1_000)) for n in (1, 9)}


def tcp(transaction: int, unit: int, pdu: str) -> bytes:
    body = bytes([unit]) + bytes.fromhex(pdu)
    return transaction.to_bytes(2, "big") + bytes(2) + len(body).to_bytes(2, "big") + body


def test_a_tcp_reply_carries_the_transaction_and_unit_of_its_request() -> None:
    talk = TcpTalk(units())
    assert talk.hear(0, tcp(7, 9, "0500 03FF00")) == tcp(7, 9, "050003FF00")
    assert talk.hear(0, tcp(8, 9, "01 0003 0001")) == tcp(8, 9, "010101")
    assert talk.hear(0, tcp(9, 1, "01 0003 0001")) == tcp(9, 1, "010100")
    assert talk.hear(0, tcp(10, 5, "01 0003 0001")) == b"", "there is no unit 5"
    assert talk.say(0) == b""


def test_tcp_requests_come_in_pieces_and_several_at_once() -> None:
    talk = TcpTalk(units())
    stream = tcp(1, 1, "01 0000 0008") + tcp(2, 1, "01 0000 0008")
    assert [talk.hear(0, stream[at : at + 1]) != b"" for at in range(24)].count(True) == 2
    assert len(TcpTalk(units()).hear(0, stream)) == 20


def rtu(unit: int, pdu: str) -> bytes:
    body = bytes([unit]) + bytes.fromhex(pdu)
    return body + crc16(body)


def test_the_check_of_rtu_is_that_of_the_standard() -> None:
    assert crc16(bytes.fromhex("0207")) == bytes.fromhex("4112"), "MODBUS over Serial Line V1.02, 6.2.2"


def test_an_rtu_unit_answers_whole_frames_that_are_for_it_and_well() -> None:
    talk = RtuTalk(units())
    write = rtu(9, "0F 0000 0003 01 05")
    assert talk.hear(0, write[:4]) == b""
    assert talk.hear(10, write[4:]) == rtu(9, "0F 0000 0003")
    assert talk.hear(20, rtu(9, "01 0000 0003")) == rtu(9, "01 01 05")
    assert talk.hear(30, rtu(3, "01 0000 0003")) == b""
    assert talk.hear(40, rtu(9, "01 0000 0003")[:-1] + b"\0") == b""
    assert talk.say(0) == b""


def test_a_pause_ends_an_rtu_frame_that_is_not_whole() -> None:
    talk = RtuTalk(units())
    talk.hear(0, rtu(9, "01 0000 0003")[:5])
    assert talk.hear(200, rtu(9, "01 0000 0003")) == rtu(9, "01 01 00")


def records(talk: CanogaTalk, address: int = 3) -> tuple[VehicleRecord, ...]:
    found = decode_detection(talk.hear(0, request(Question.DETECTION, address)))
    assert not isinstance(found, Refused)
    return found


def test_a_canoga_card_tells_of_a_vehicle_once_it_has_left() -> None:
    card = CanogaCard(1_000)
    talk = CanogaTalk({3: card})
    assert all(record.is_blank for record in records(talk))
    card.sense(5_000, 2, on=True, count=1)
    assert records(talk)[1].is_blank
    card.sense(5_400, 2, on=False, count=1)
    assert records(talk)[1] == VehicleRecord(400, 4_000, 1)
    card.sense(6_000, 2, on=False, count=3)
    assert records(talk)[1].count == 3, "two that no look has seen"
    card.sense(6_100, 9, on=True, count=9)
    assert [record.count for record in records(talk)] == [0, 3, 0, 0]


def test_a_loop_that_is_taken_over_without_a_gap_counts_both() -> None:
    card = CanogaCard(0)
    card.sense(100, 1, on=True, count=1)
    card.sense(600, 1, on=True, count=2)
    assert records(CanogaTalk({3: card}))[0] == VehicleRecord(500, 100, 1)


def test_state_bits_say_presence_only_where_the_site_has_named_them() -> None:
    for mask, state in ((0, 0), (5, 5)):
        card = CanogaCard(0, mask)
        card.sense(100, 4, on=True, count=1)
        assert records(CanogaTalk({3: card}))[3].state == state


def test_the_cards_of_a_line_answer_to_their_own_addresses_and_noise_is_passed_over() -> None:
    talk = CanogaTalk({3: CanogaCard(0), 4: CanogaCard(0)})
    assert decode_text(talk.hear(0, b"<<x" + request(Question.FIRMWARE, 4)), Question.FIRMWARE, 4) == "C924 01.02"
    serial = talk.hear(0, request(Question.SERIAL_NUMBER, 3))
    assert decode_text(serial, Question.SERIAL_NUMBER, 3) == "000000000001"
    assert talk.hear(0, request(Question.FIRMWARE, 9)) == b""
    assert talk.say(0) == b""


def test_an_ascii_box_says_hello_and_then_its_contacts_and_counts() -> None:
    box = AsciiTalk(3)
    box.sense(1, on=True, count=65_537)
    box.sense(3, on=True, count=2)
    hello, data = box.say(0).splitlines()
    assert decode_line(hello) == HelloLine("cabinet")
    assert decode_line(data) == DataLine(0, 0b101, (1, 0, 2))
    for _ in range(255):
        box.say(0)
    last = decode_line(box.say(0).rstrip())
    assert isinstance(last, DataLine)
    assert last.sequence == 0
    assert box.hear(0, b"?") == b""


@pytest.mark.parametrize("data", [b"", b"\0", b"<08"])
def test_nothing_is_said_to_half_a_word(data: bytes) -> None:
    assert CanogaTalk({0: CanogaCard(0)}).hear(0, data) == b""
    assert TcpTalk(units()).hear(0, data) == b""
    assert RtuTalk(units()).hear(0, data) == b""
