"""The `counts-ascii` lines: what is sent is read, noise is not, and counts stay true."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.ascii_counts import LineFollower, LineVerdict
from drivers.ascii_lines import (
    LONGEST_LINE,
    MOST_TERMINALS,
    DataLine,
    HelloLine,
    LineParser,
    decode_line,
    encode_line,
)
from drivers.frame_checks import Refused, xor8
from edge.model.units import Ms

counts = st.lists(st.integers(0, 65_535), min_size=1, max_size=MOST_TERMINALS).map(tuple)


@st.composite
def data_lines(draw: st.DrawFn) -> DataLine:
    values = draw(counts)
    return DataLine(draw(st.integers(0, 255)), draw(st.integers(0, 2 ** len(values) - 1)), values)


names = st.from_regex(r"[!-)+-~]([ -)+-~]{0,30}[!-)+-~])?", fullmatch=True)
lines = st.one_of(data_lines(), st.builds(HelloLine, names))


def _sealed(body: bytes) -> bytes:
    return body + b"*%02X" % xor8(body)


@given(lines)
def test_a_line_is_read_as_it_was_sent(line: DataLine | HelloLine) -> None:
    sent = encode_line(line)
    assert len(sent) <= LONGEST_LINE + 2
    assert decode_line(sent.removesuffix(b"\r\n")) == line


@given(st.lists(lines, max_size=8), st.lists(st.integers(1, 700), max_size=30))
def test_lines_are_the_same_however_the_stream_is_cut(sent: list[DataLine | HelloLine], cuts: list[int]) -> None:
    stream, parser = b"".join(map(encode_line, sent)), LineParser()
    read = []
    for cut in cuts:
        chunk, stream = stream[:cut], stream[cut:]
        read += parser.feed(chunk)
    assert read + parser.feed(stream) == sent


@given(st.lists(st.one_of(st.binary(max_size=900), lines.map(encode_line), lines.map(lambda x: encode_line(x)[:-5]))))
def test_no_noise_makes_the_parser_raise_grow_or_read_what_was_not_sent(chunks: list[bytes]) -> None:
    parser, stream = LineParser(), b"".join(chunks)
    for chunk in chunks:
        for line in parser.feed(chunk):
            if not isinstance(line, Refused):
                assert encode_line(line).removesuffix(b"\r\n") in stream
        assert len(parser._begun) <= LONGEST_LINE


@given(data_lines(), st.data())
def test_one_wrong_byte_is_always_noticed(line: DataLine, data: st.DataObject) -> None:
    sent = bytearray(encode_line(line).removesuffix(b"\r\n"))
    at = data.draw(st.integers(0, len(sent) - 1))
    sent[at] ^= data.draw(st.integers(1, 255))
    assert isinstance(decode_line(bytes(sent)), Refused)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"", "no data line"),
        (b"E 00 0 7 *00", "no data line"),
        (b"D 00 1 7 *4e", "no data line"),
        (b"D 00 1 7 *00", "its check is 42, but it says 00"),
        (_sealed(b"D 0 1 7 "), "not written as they must be"),
        (_sealed(b"D 00 1 07 "), "not written as they must be"),
        (_sealed(b"D 00 1 7, "), "not written as they must be"),
        (_sealed(b"D 00 1 -7 "), "not written as they must be"),
        (_sealed(b"D 00 a 7 "), "not written as they must be"),
        (_sealed(b"D 00 1 " + b",".join([b"0"] * 65) + b" "), "not written as they must be"),
        (_sealed("D 00 1 ٧ ".encode()), "not written as they must be"),
        (_sealed(b"D 00 2 7 "), "contacts 2 do not belong to 1 terminals"),
        (_sealed(b"D 00 01 7 "), "contacts 01 do not belong to 1 terminals"),
        (_sealed(b"D 00 1 65536 "), "a count of 65536"),
        (_sealed(b"H " + b"x" * 33 + b" "), "its name is not"),
        (_sealed(b"H \x07 "), "its name is not"),
    ],
)
def test_a_line_that_is_not_exact_is_refused_with_its_reason(line: bytes, why: str) -> None:
    refused = decode_line(line)
    assert isinstance(refused, Refused)
    assert why in refused.why


def test_the_lines_shown_to_device_makers_are_lines() -> None:
    page = Path(__file__).parents[2] / "docs" / "drivers-serial.md"
    shown = [text.strip() for text in page.read_text().splitlines() if text.endswith("<CR><LF>")]
    read = [decode_line(text.removesuffix("<CR><LF>").encode("ascii")) for text in shown]
    assert read == [DataLine(0x41, 0b0101, (12, 0, 7, 65_535)), HelloLine("loopbox 1.2")]


def test_the_longest_line_is_as_long_as_the_page_says() -> None:
    longest = encode_line(DataLine(255, 2**MOST_TERMINALS - 1, (65_535,) * MOST_TERMINALS))
    assert len(longest) == 411


def test_a_line_without_carriage_return_is_read_and_empty_lines_are_passed_over() -> None:
    assert LineParser().feed(b"\n\r\nD 00 1 7 *42\n") == [DataLine(0, 1, (7,))]


def test_a_line_that_never_ends_is_refused_once_and_the_next_is_read() -> None:
    parser = LineParser()
    assert [parser.feed(b"x" * 200) for _ in range(10)] == [[]] * 10
    assert len(parser._begun) <= LONGEST_LINE
    assert parser.feed(b"\nD 00 1 7 *42\n") == [Refused("a line longer than 512 bytes"), DataLine(0, 1, (7,))]


def test_a_cleared_parser_has_forgotten_the_line_that_was_begun() -> None:
    parser = LineParser()
    parser.feed(b"D 00 1 ")
    parser.clear()
    assert parser.feed(b"D 00 1 7 *42\n") == [DataLine(0, 1, (7,))]


# -- lines to counts -------------------------------------------------------------------------------------------------


def _line(sequence: int, *raw: int, contacts: int = 0) -> DataLine:
    return DataLine(sequence % 256, contacts, raw)


def _counts(follower: LineFollower, line: DataLine) -> list[int]:
    return [count for _, count in follower.inputs(line).values()]


def test_the_first_line_counts_nobody_and_the_wrap_is_no_loss() -> None:
    follower = LineFollower()
    assert follower.follow(_line(1, 65_534, 7), 0) is LineVerdict.TAKEN
    last = _line(2, 1, 7, contacts=0b10)
    assert follower.follow(last, 100) is LineVerdict.TAKEN
    assert follower.inputs(last) == {"1": (False, 3), "2": (True, 0)}


def test_missing_lines_are_counted_and_their_vehicles_are_not_missing() -> None:
    follower = LineFollower()
    follower.follow(_line(254, 0), 0)
    follower.follow(_line(3, 4), 500)
    assert follower.lost == 4
    assert _counts(follower, _line(3, 4)) == [4]


def test_a_repeated_line_is_no_news() -> None:
    follower = LineFollower()
    follower.follow(_line(7, 1), 0)
    assert follower.follow(_line(7, 9), 100) is LineVerdict.REPEATED
    assert _counts(follower, _line(7, 9)) == [0]


def test_after_a_hello_counts_begin_at_zero_and_no_line_is_missed() -> None:
    follower = LineFollower()
    follower.follow(_line(7, 60_000, 5), 0)
    follower.hello(900)
    assert follower.follow(_line(0, 2, 0, 1), 1_000) is LineVerdict.TAKEN
    assert _counts(follower, _line(0, 2, 0, 1)) == [2, 0, 1]
    assert follower.lost == 0


def test_a_hello_before_the_first_line_makes_its_counts_count() -> None:
    follower = LineFollower()
    follower.hello(1_000_000)
    follower.follow(_line(0, 3), 1_000_100)
    assert _counts(follower, _line(0, 3)) == [3]


def test_a_restart_that_nobody_heard_is_noticed_and_makes_up_no_vehicles() -> None:
    follower = LineFollower()
    follower.follow(_line(7, 30_000, 200), 0)
    assert follower.follow(_line(0, 2, 0), 1_000) is LineVerdict.RESTARTED
    assert _counts(follower, _line(0, 2, 0)) == [2, 0]
    assert follower.follow(_line(1, 20_000, 1), 1_100) is LineVerdict.RESTARTED
    assert _counts(follower, _line(1, 20_000, 1)) == [2, 1]


def test_terminals_may_come_and_go() -> None:
    follower = LineFollower()
    follower.follow(_line(0, 5, 5), 0)
    follower.follow(_line(1, 6), 100)
    follower.follow(_line(2, 6, 7, 900), 200)
    assert _counts(follower, _line(2, 6, 7, 900)) == [1, 2, 0]


def test_a_reconnected_line_counts_no_lost_lines() -> None:
    follower = LineFollower()
    follower.follow(_line(0, 5), 0)
    follower.reconnected()
    assert follower.follow(_line(0, 6), 60_000) is LineVerdict.TAKEN
    assert (follower.lost, _counts(follower, _line(0, 6))) == (0, [1])


@given(st.integers(0, 65_535), st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=60))
def test_counts_are_true_whatever_lines_are_lost(start: int, said: list[tuple[int, bool]]) -> None:
    follower, truth, now = LineFollower(), 0, 0
    follower.follow(_line(0, start), 0)
    counted = 0
    for sequence, (vehicles, arrives) in enumerate(said, start=1):
        now += 2_500  # 50 actuations take so long at least
        truth += vehicles
        if arrives:
            line = _line(sequence, (start + truth) % 65_536)
            follower.follow(line, now)
            (counted,) = _counts(follower, line)
            assert counted == truth
    assert counted <= truth


@given(st.lists(st.tuples(data_lines(), st.integers(0, 5_000), st.booleans()), max_size=30))
def test_no_lines_make_a_count_fall_or_outrun_the_clock(said: list[tuple[DataLine, Ms, bool]]) -> None:
    follower, now = LineFollower(), 0
    counted = [0] * MOST_TERMINALS
    for line, wait, hello in said:
        now += wait
        if hello:
            follower.hello(now)
        if follower.follow(line, now) is LineVerdict.REPEATED:
            continue
        for at, count in enumerate(_counts(follower, line)):
            assert count >= counted[at]
            counted[at] = count
    assert max(counted) <= len(said) * 50 + now // 50
