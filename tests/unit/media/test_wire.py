"""What comes over the wire is hostile until read: RTP, AudioSocket, and the worker's own channel."""

import asyncio
import contextlib
import struct
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.audio import tones
from bridge.audio.frame import FRAME_SAMPLES, to_samples
from bridge.media import audiosocket, protocol, rtp

SOUND = to_samples(tones.noise(0.02, -20))


def packet(sequence: int = 1, timestamp: int = 0, ssrc: int = 7) -> rtp.Packet:
    return rtp.Packet(sequence, timestamp, ssrc, SOUND)


# --- RTP ---


@given(
    sequence=st.integers(0, 0xFFFF),
    timestamp=st.integers(0, 0xFFFFFFFF),
    ssrc=st.integers(0, 0xFFFFFFFF),
    m=st.booleans(),
)
def test_a_packet_is_read_as_it_was_written(sequence: int, timestamp: int, ssrc: int, m: bool) -> None:
    read = rtp.parse(rtp.build(rtp.Packet(sequence, timestamp, ssrc, SOUND, marker=m)))
    assert (read.sequence, read.timestamp, read.ssrc, read.marker) == (sequence, timestamp, ssrc, m)
    assert np.array_equal(read.samples, SOUND)


def test_sound_is_big_endian_after_a_header_of_twelve_octets() -> None:
    octets = rtp.build(rtp.Packet(1, 2, 3, np.full(FRAME_SAMPLES, 0x0102, dtype=np.int16)))
    assert octets[:12] == bytes([0x80, 10, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3])
    assert octets[12:] == b"\x01\x02" * 160


def test_sources_extension_and_padding_are_skipped() -> None:
    sound = SOUND.astype(">i2").tobytes()
    header = struct.pack("!BBHII", 0x80 | 0x20 | 0x10 | 2, 11, 1, 2, 3)
    octets = header + b"srcAsrcB" + struct.pack("!HH", 0xBEDE, 1) + b"extn" + sound + b"\0\0\0\x04"
    assert np.array_equal(rtp.parse(octets).samples, SOUND)


@given(st.binary(max_size=2100))
def test_garbage_is_an_rtp_error_or_a_packet_and_nothing_else(octets: bytes) -> None:
    with contextlib.suppress(rtp.RtpError):
        assert rtp.parse(octets).samples.size == FRAME_SAMPLES


@given(st.binary(min_size=1, max_size=12), st.integers(0, 331))
def test_a_damaged_packet_is_an_rtp_error_or_a_packet_and_nothing_else(damage: bytes, at: int) -> None:
    octets = bytearray(rtp.build(packet()))
    octets[at : at + len(damage)] = damage
    with contextlib.suppress(rtp.RtpError):
        assert rtp.parse(bytes(octets)).samples.size == FRAME_SAMPLES


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"", "0 octets"),
        (rtp.build(packet())[:-2], "318 octets of sound"),
        (b"\x40" + rtp.build(packet())[1:], "version 1"),
        (b"\x80\x00" + rtp.build(packet())[2:], "payload type 0"),
        (b"\x90\x0a" + bytes(10), "extension beyond the end"),
        (bytes(3000), "3000 octets"),
    ],
)
def test_what_is_wrong_with_a_packet_is_said(octets: bytes, why: str) -> None:
    with pytest.raises(rtp.RtpError, match=why):
        rtp.parse(octets)


def test_loss_doubling_and_order_are_seen_also_over_the_sequence_number_turning_round() -> None:
    reception = rtp.Reception()
    taken = [reception.accept(packet(number & 0xFFFF), 0) for number in (65534, 65535, 65536, 65536, 65539, 65537)]
    assert taken == [True, True, True, False, True, False]
    assert (reception.lost, reception.late) == (2, 2)


def test_a_restarted_stream_is_followed_not_counted_as_lost() -> None:
    reception = rtp.Reception()
    assert reception.accept(packet(1000), 0)
    assert reception.accept(packet(40000), 0)
    assert reception.accept(packet(3, ssrc=8), 0)
    assert (reception.lost, reception.late) == (0, 0)


def test_jitter_is_nought_for_a_steady_stream_and_rises_for_an_uneven_one() -> None:
    steady, uneven = rtp.Reception(), rtp.Reception()
    for index in range(200):
        sent = packet(index, (0xFFFFFF00 + index * 160) & 0xFFFFFFFF)
        steady.accept(sent, index * 160)
        uneven.accept(sent, index * 160 + (80 if index % 2 else 0))
    assert steady.jitter_ms == 0
    assert uneven.jitter_ms == pytest.approx(10, abs=0.5)


# --- AudioSocket ---


def test_sound_is_little_endian_after_a_header_of_three_octets() -> None:
    octets = audiosocket.build_audio(np.full(FRAME_SAMPLES, 0x0102, dtype=np.int16))
    assert octets[:3] == b"\x10\x01\x40"
    assert octets[3:] == b"\x02\x01" * 160


@given(sizes=st.lists(st.integers(1, 50), min_size=1))
def test_messages_are_the_same_however_the_stream_is_cut(sizes: list[int]) -> None:
    stream = audiosocket.build_uuid(uuid4()) + audiosocket.build_audio(SOUND) + b"\x42\x00\x02xy"
    stream += audiosocket.build_hang_up()
    parser, messages, at = audiosocket.Parser(), [], 0
    while at < len(stream):
        size = sizes[at % len(sizes)]
        messages += parser.feed(stream[at : at + size])
        at += size
    assert [message.kind for message in messages] == [0x01, 0x10, 0x42, 0x00]
    assert np.array_equal(audiosocket.samples_of(messages[1].payload), SOUND)


@given(st.lists(st.binary(max_size=400), max_size=30))
def test_a_hostile_stream_never_makes_the_parser_hold_more_than_one_message(pieces: list[bytes]) -> None:
    parser = audiosocket.Parser()
    for piece in pieces:
        try:
            parser.feed(piece)
        except audiosocket.FramingError:
            return
        assert len(parser._rest) < audiosocket.MAX_PAYLOAD_BYTES + 3


def test_a_length_beyond_the_cap_ends_the_connection() -> None:
    with pytest.raises(audiosocket.FramingError, match="65535"):
        audiosocket.Parser().feed(b"\x10\xff\xff")


def test_an_odd_octet_of_sound_is_left_out() -> None:
    assert audiosocket.samples_of(b"\x01\x02\x03").tolist() == [0x0201]


# --- the worker's channel ---


async def test_the_channel_carries_requests_and_notices() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(protocol.pack(protocol.Open("pat-1", "alsa:hw:1")) + protocol.pack(protocol.SendVoice("p")))
    assert await protocol.read_request(reader) == protocol.Open("pat-1", "alsa:hw:1")
    assert await protocol.read_request(reader) == protocol.SendVoice("p")


@pytest.mark.parametrize(
    "octets", [b"", b"\0\0", b"\xff\xff\xff\xff", b"\0\0\0\x03abc", protocol.pack(protocol.Up("p"))]
)
async def test_a_channel_that_cannot_be_read_is_closed(octets: bytes) -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(octets)
    reader.feed_eof()
    with pytest.raises(protocol.ChannelClosed):
        await protocol.read_request(reader)
