"""Voices are told apart, and their times are right."""

from pathlib import Path

import numpy as np
import pytest

from hardware.simulator.g711 import decode_alaw, decode_alaw_s16, encode_alaw
from tests.harness.audio import (
    Capture,
    Samples,
    Signal,
    find,
    level_dbfs,
    tone,
    tone_level_dbfs,
    voice,
)


def through_alaw(samples: Samples) -> Samples:
    return decode_alaw(encode_alaw((samples * 32767).astype(np.int16)))


def placed(signal: Signal, at: int, lasting: int, of: int) -> Samples:
    line = np.zeros(of, np.float32)
    line[at : at + lasting] = signal.lasting(lasting / 8000)
    return line


def capture(samples: Samples, starts_s: float = 100.0) -> Capture:
    at = np.arange(0, len(samples), 160)
    return Capture(samples, at.astype(np.int64), starts_s + at / 8000)


@pytest.mark.parametrize("begin", [0, 1, 777, 8000])
@pytest.mark.parametrize("lasting", [4000, 4096, 5555, 16000])
def test_begin_and_end_of_a_voice_are_found_to_two_milliseconds(begin: int, lasting: int) -> None:
    heard = through_alaw(placed(voice(3), begin, lasting, 30000))
    [(first, last, level)] = find(heard, voice(3))
    assert abs(first - begin) <= 16
    assert abs(last - (begin + lasting)) <= 16
    assert abs(level - -20) < 0.5


def test_a_voice_is_not_taken_for_another() -> None:
    heard = through_alaw(voice(1).lasting(4))
    assert [number for number in range(30) if find(heard, voice(number))] == [1]


def test_each_of_eight_who_talk_at_once_is_recognised() -> None:
    mixed = np.sum([0.3 * voice(number).lasting(3) for number in range(8)], axis=0).astype(np.float32)
    assert [number for number in range(20) if find(through_alaw(mixed), voice(number))] == list(range(8))


def test_begin_is_found_under_another_voice() -> None:
    both = placed(voice(1), 9000, 8000, 30000) + voice(2).lasting(30000 / 8000)
    [(first, last, _)] = find(through_alaw(both.astype(np.float32)), voice(1))
    assert abs(first - 9000) <= 40
    assert abs(last - 17000) <= 40


def test_two_utterances_are_two_spans_and_silence_is_none() -> None:
    line = placed(voice(5), 1000, 6000, 30000) + placed(voice(5), 15000, 6000, 30000)
    assert len(find(line, voice(5))) == 2
    assert find(np.zeros(30000, np.float32), voice(5)) == []
    assert find(through_alaw(np.zeros(30000, np.float32)), voice(5)) == []


def test_a_prompt_is_found_once_with_its_end() -> None:
    prompt = Signal("prompt", voice(40).lasting(0.7), repeats=False)
    [(first, last, _)] = find(placed(prompt, 4321, 5600, 30000), prompt)
    assert (first, last) == (4321, 4321 + 5600)


def test_levels_are_in_dbfs() -> None:
    assert level_dbfs(np.ones(100, np.float32)) == pytest.approx(0)
    assert level_dbfs(np.zeros(100, np.float32)) == float("-inf")
    assert tone_level_dbfs(tone(1000, -12).lasting(1), 1000) == pytest.approx(-12, abs=0.2)
    assert tone_level_dbfs(tone(1000, -12).lasting(1), 1500) < -60


def test_times_are_those_of_the_packets() -> None:
    heard = capture(placed(voice(7), 8000, 8000, 32000), starts_s=50.0)
    [span] = heard.spans(voice(7))
    assert span.begins_s == pytest.approx(51.0, abs=0.002)
    assert span.ends_s == pytest.approx(52.0, abs=0.002)
    assert heard.spans(voice(7), since_s=52.5) == []
    assert len(heard.between(51.0, 52.0)) == 8000


def test_where_no_packets_came_there_is_silence_of_the_same_length(tmp_path: Path) -> None:
    stem = tmp_path / "1"
    index = np.array([(10.0, 0), (10.02, 160), (12.0, 320)], [("t_s", "<f8"), ("at", "<i8")])
    stem.with_suffix(".idx").write_bytes(index.tobytes())
    stem.with_suffix(".s16").write_bytes(np.full(480, 1000, "<i2").tobytes())
    heard = Capture.load(stem)
    assert len(heard.samples) == pytest.approx(2.02 * 8000, abs=1)
    assert heard.time_of(heard.index_of(12.01)) == pytest.approx(12.01, abs=0.001)
    assert level_dbfs(heard.between(10.1, 11.9)) == float("-inf")


def test_alaw_matches_the_tables_of_g711() -> None:
    # G.711 table 1a/1b: the code of silence, the loudest codes, and the step of the first segment.
    assert encode_alaw(np.array([0, 32767, -32768], np.int16))[1:] == bytes([0xAA, 0x2A])
    assert decode_alaw(bytes([0xD5]))[0] * 32768 == 8
    assert decode_alaw(bytes([0x55]))[0] * 32768 == -8
    assert decode_alaw(bytes([0xAA]))[0] * 32768 == 32256
    codes = bytes(range(256))
    assert encode_alaw(np.frombuffer(decode_alaw_s16(codes), "<i2")) == codes
