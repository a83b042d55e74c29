"""Texts, delivery reports and statuses as they are coded on the air."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bridge.domain.shortdata import sdstext
from bridge.rakel.pei import sds
from bridge.rakel.pei.indications import ShortData
from bridge.rakel.pei.sds import Delivery, DeliveryReport, Status, TextMessage, Unreadable
from tests.harness.reasons import english
from tests.unit.rakel.wire import read_one


def content(name: str) -> sds.Content:
    message = read_one(name)
    assert isinstance(message, ShortData)
    return sds.decode(message.ai_service, message.data)


def test_a_captured_text_that_wants_a_report() -> None:
    assert content("ctsdsr") == TextMessage("Gjatajagja", reference=8, report_wanted=True)


def test_a_captured_status_and_the_emergency_alarm() -> None:
    assert content("ctsdsr_status") == Status(0x8004)
    assert content("ctsdsr_emergency") == Status(0)


def test_a_long_and_a_short_delivery_report_say_the_same() -> None:
    assert content("ctsdsr_report") == DeliveryReport(7, Delivery.RECEIVED, 0)
    assert content("ctsdsr_short_report") == DeliveryReport(7, Delivery.RECEIVED, 0)


@pytest.mark.parametrize("name", ["ctsdsr_odd_nibble", "ctsdsr_long_nibble"])
def test_terminals_that_count_half_octets_differently_give_the_same_text(name: str) -> None:
    message = read_one(name)
    assert isinstance(message, ShortData)
    assert message.data == bytes.fromhex("82020101476A6174616A60")


@pytest.mark.parametrize(
    ("status", "delivery"),
    [
        (0x00, Delivery.RECEIVED),
        (0x02, Delivery.CONSUMED),
        (0x05, Delivery.RECEIVED),
        (0x22, Delivery.STORED),
        (0x46, Delivery.FAILED),
        (0x5A, Delivery.FAILED),
    ],
)
def test_a_report_says_what_became_of_the_message(status: int, delivery: Delivery) -> None:
    assert sds.decode(12, bytes((0x82, 0x10, status, 9))) == DeliveryReport(9, delivery, status)


def test_swedish_letters_take_one_octet_and_others_are_sent_as_utf16() -> None:
    assert sds.encode_text("Räddning på väg", 1)[3] == 1
    coded = sds.encode_text("Σ räddning", 1)
    assert coded[3] == 26
    assert sds.decode(12, coded) == TextMessage("Σ räddning", 1, report_wanted=True)


def test_a_time_stamp_before_the_text_is_skipped() -> None:
    assert sds.decode(12, bytes.fromhex("82029C81045A8F") + b"Hej") == TextMessage("Hej", 0x9C)


def test_simple_text_has_no_report() -> None:
    assert sds.decode(12, bytes.fromhex("0201") + b"Hej") == TextMessage("Hej")


def test_a_piece_of_a_longer_text_says_which_it_is() -> None:
    data = bytes.fromhex("8A000101") + bytes((5, 0, 3, 77, 3, 2)) + b"mitten"
    assert sds.decode(12, data) == TextMessage("mitten", 1, part=(2, 3), series=77)


def test_seven_bit_text_is_unpacked() -> None:
    assert sds.decode(12, bytes.fromhex("82000100") + bytes.fromhex("E8329BFD06")) == TextMessage("hello", 1)


@pytest.mark.parametrize(
    "data", [b"", b"\x82", b"\x82\x00", b"\x82\x00\x01", b"\x82\x01\x01\x01abc", b"\x82\x20\x00\x01", b"\x0a\x01\x02"]
)
def test_what_is_cut_short_or_of_another_kind_is_unreadable_and_harmless(data: bytes) -> None:
    assert isinstance(sds.decode(12, data), Unreadable)


@given(st.integers(0, 20), st.binary(max_size=300))
def test_no_user_data_can_make_the_reader_fail(service: int, data: bytes) -> None:
    sds.decode(service, data)


@pytest.mark.slow
@given(st.text(st.characters(codec="utf-16", exclude_categories=["Cs", "Cc"]), max_size=60), st.integers(1, 255))
def test_every_short_text_comes_back_as_it_was_sent(text: str, reference: int) -> None:
    assume(len(sds.encode_characters(text)[1]) <= sds.MAX_TEXT_BYTES)
    decoded = sds.decode(12, sds.encode_text(text, reference))
    assert decoded == TextMessage(text, reference, report_wanted=True)


@given(st.text(st.characters(codec="utf-16", exclude_categories=["Cs"]), max_size=900))
def test_every_piece_of_a_long_text_fits_one_message(text: str) -> None:
    for piece in sdstext.numbered(text):
        if len(sdstext.numbered(text)) < 100:
            assert len(sds.encode_text(piece, 1)) <= sds.MAX_TEXT_BYTES + 4


@given(st.text(st.characters(codec="utf-16", exclude_categories=["Cs", "Cc"]), max_size=900), st.integers(0, 255))
def test_a_text_in_a_series_comes_back_to_the_last_character(text: str, series: int) -> None:
    pieces = sdstext.series(text)
    messages = sds.encode_series(text, series, tuple(range(1, len(pieces) + 1)))
    read = [sds.decode(12, message) for message in messages]
    assert all(isinstance(one, TextMessage) and len(one.text) > 0 for one in read) or text == ""
    assert sds.joined(tuple(one.text for one in read if isinstance(one, TextMessage))) == text
    if len(read) > 1:
        assert [(one.part, one.series) for one in read if isinstance(one, TextMessage)] == [
            ((number, len(read)), series) for number in range(1, len(read) + 1)
        ]


def test_a_character_cut_in_two_by_the_sender_becomes_whole_again() -> None:
    coded = "väg 🚒 nu".encode("utf-16-be")
    header = bytes((5, 0, 3, 7, 2))
    read = [
        sds.decode(12, bytes((0x8A, 0, number, 26)) + header + bytes((number,)) + body)
        for number, body in enumerate((coded[:10], coded[10:]), 1)
    ]
    assert sds.joined(tuple(one.text for one in read if isinstance(one, TextMessage))) == "väg 🚒 nu"
    assert sds.joined(("halva \ud83d",)) == "halva \ufffd"


def test_a_failed_delivery_says_why_in_words() -> None:
    report = sds.decode(12, bytes((0x82, 0x10, 0x5A, 9)))
    assert isinstance(report, DeliveryReport)
    assert english(report.reason) == "the receiver cannot be reached"
    assert english(DeliveryReport(9, Delivery.FAILED, 0x7F).reason) == "the network reports delivery status 0x7F"
    assert english(DeliveryReport(9, Delivery.RECEIVED, 0).reason) == ""


def test_the_wish_to_know_of_reading_is_in_the_flags() -> None:
    assert [
        sds.encode_text("x", 1, report_wanted=wanted, read_wanted=read)[1]
        for wanted, read in ((False, False), (True, False), (True, True), (False, True))
    ] == [0, 4, 12, 0]


def test_a_long_text_is_cut_at_blanks_and_numbered() -> None:
    words = " ".join(f"ord{number}" for number in range(60))
    pieces = sdstext.numbered(words)
    assert len(pieces) == 3
    assert [piece.partition(" ")[0] for piece in pieces] == ["1/3", "2/3", "3/3"]
    assert " ".join(piece.partition(" ")[2] for piece in pieces) == words


def test_a_text_that_is_too_long_or_a_reference_outside_its_range_is_refused() -> None:
    with pytest.raises(ValueError, match="141 bytes of 140"):
        sds.encode_text("x" * 141, 1)
    with pytest.raises(ValueError, match="outside"):
        sds.encode_text("x", 0)
