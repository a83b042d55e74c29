"""Two clocks that differ: no word is lost, and no delay grows, whichever of them is the faster."""

import random
from collections.abc import Iterator

import numpy as np
import pytest

from bridge.audio import tones
from bridge.audio.align import locate
from bridge.audio.frame import FRAME_SAMPLES, SILENCE, Samples, to_samples
from bridge.audio.jitter import JitterBuffer, JitterConfig
from bridge.audio.levels import peak_dbfs, rms_dbfs
from bridge.media.card_sound import FromCard, Playback, ToCard
from bridge.media.settings import CardSettings, MediaSettings
from tests.harness import align
from tests.unit.media.sound import frames, pause, phrase

TEN_MINUTES_S = 600
LATENESS_S = 0.004
DEFAULTS = CardSettings(device="hw:CARD=rakel1")


def two_clocks(card_ppm: float, duration_s: float) -> Iterator[str]:
    """`path` and `card`, each every 20 ms of its own clock, each up to 4 ms late."""
    late = random.Random(1)
    card_period_s = 0.02 / (1 + card_ppm / 1e6)
    times = [(n * 0.02 + late.uniform(0, LATENESS_S), "path") for n in range(int(duration_s / 0.02))]
    times += [(n * card_period_s + 0.01 + late.uniform(0, LATENESS_S), "card") for n in range(int(duration_s / 0.02))]
    for _, whose in sorted(times):
        yield whose


def talk(duration_s: float) -> tuple[Samples, list[Samples]]:
    """Two seconds of speech, then a pause of 0.6 s, over and over."""
    phrases = [phrase(number % 20, 2.0) for number in range(int(duration_s / 2.6) - 1)]
    parts = [part for number, each in enumerate(phrases) for part in (each, pause(0.6, seed=number % 7))]
    return np.concatenate([pause(0.5), *parts]), phrases


def assert_in_order(phrases: list[Samples], heard: Samples) -> None:
    """Each whole, bit for bit."""
    at = 0
    for number, each in enumerate(phrases):
        found = align.find_exact(each, heard, at)
        assert found is not None, f"phrase {number} is not complete"
        at = found + each.size


def play(sound: Samples, card_ppm: float) -> tuple[Playback, Samples, list[int]]:
    """A path that has speech all the time, and a card that takes it. Gives the buffer, what was played, the delays in
    ms."""
    playback = Playback(MediaSettings().card_target_ms)
    waiting, played, delays = list(frames(sound)), [], []
    waiting.reverse()
    held = 0
    for whose in two_clocks(card_ppm, sound.size / 8000 + 0.5):
        if whose == "card":
            played.append(playback.pop())
            delays.append(playback.delay_ms + 20 * held)
        elif waiting:
            held += 1
            if playback.is_ready():
                held -= 1
                playback.push(waiting.pop())
    return playback, np.concatenate(played), delays


@pytest.mark.parametrize("card_ppm", [-200, 200])
@pytest.mark.slow
def test_a_card_that_plays_by_another_clock_loses_no_word_and_gathers_no_delay(card_ppm: float) -> None:
    sound, phrases = talk(TEN_MINUTES_S)
    playback, played, delays = play(sound, card_ppm)
    assert_in_order(phrases, played)
    assert max(delays) <= 100
    assert playback.lost_samples == 0
    assert (playback.left_out if card_ppm < 0 else playback.repeated) > 0


@pytest.mark.parametrize("card_ppm", [-200, 200])
def test_a_whole_minute_without_a_breath_is_played_without_a_gap(card_ppm: float) -> None:
    sound = to_samples(tones.noise(60.0, -20))
    playback, played, _ = play(sound, card_ppm)
    assert align.find_exact(sound, played) is not None
    assert playback.gaps <= 1


@pytest.mark.parametrize("card_ppm", [-200, 200])
@pytest.mark.slow
def test_a_card_that_hears_by_another_clock_loses_no_word_and_gathers_no_delay(card_ppm: float) -> None:
    sound, phrases = talk(TEN_MINUTES_S)
    settings = MediaSettings()
    jitter = JitterBuffer(JitterConfig(target_ms=settings.card_target_ms, bound_ms=settings.radio_bound_ms))
    from_card = FromCard(8000, DEFAULTS)
    coming, heard, delays = list(frames(sound)), [], []
    coming.reverse()
    for whose in two_clocks(card_ppm, sound.size / 8000 + 0.5):
        if whose == "card":
            jitter.push(from_card.process(coming.pop() if coming else SILENCE))
        else:
            frame = jitter.pop()
            heard.append(SILENCE if frame is None else frame)
            delays.append(jitter.delay_ms)
    assert_in_order(phrases, np.concatenate(heard))
    assert max(delays) <= 100
    assert jitter.lost_samples == 0


def test_a_card_that_stops_taking_is_waited_for_and_nothing_is_dropped() -> None:
    playback = Playback(40)
    pushed = 0
    while playback.is_ready():
        playback.push(SILENCE)
        pushed += 1
    assert pushed == 5
    assert playback.lost_samples == 0


def test_frames_on_their_way_to_the_card_count_as_waiting() -> None:
    assert not Playback(40).is_ready(on_the_way=5)


def through(sound: Samples, rate_hz: int, settings: CardSettings = DEFAULTS) -> Samples:
    """Played by a card and heard by the same: loop the cable back."""
    to_card, from_card = ToCard(rate_hz, settings), FromCard(rate_hz, settings)
    return np.concatenate([from_card.process(to_card.process(frame)) for frame in frames(sound)])


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 48_000])
@pytest.mark.parametrize("frequency_hz", [300, 1000, 2000, 3300])
def test_the_whole_voice_is_as_loud_behind_a_card_of_any_rate(rate_hz: int, frequency_hz: int) -> None:
    heard = through(to_samples(tones.tone(frequency_hz, 1.0, -20)), rate_hz)
    assert tones.tone_dbfs(heard[800:], frequency_hz) == pytest.approx(-20, abs=0.5)
    assert rms_dbfs(heard[800:]) == pytest.approx(-20, abs=0.5)


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 48_000])
def test_rate_and_limiter_cost_less_than_8_ms_both_ways_together(rate_hz: int) -> None:
    sound = to_samples(np.concatenate((tones.chirp(300, 1000, 1.0, -20), np.zeros(800))).astype(np.float32))
    match = locate(sound[:8000], through(sound, rate_hz))
    assert match.score > 0.97
    assert match.offset < 0.008 * 8000


def test_a_tone_above_the_telephones_band_does_not_fold_into_it() -> None:
    from_card = FromCard(48_000, DEFAULTS)
    whistle = to_samples(tones.tone(5500, 0.5, -12, rate_hz=48_000))
    heard = np.concatenate([from_card.process(piece) for piece in np.split(whistle, whistle.size // 960)])
    assert rms_dbfs(heard[400:]) < -70


def test_gains_are_in_decibels_each_way() -> None:
    tone = to_samples(tones.tone(1000, 0.5, -30))
    louder = through(tone, 8000, CardSettings(device="x", transmit_gain_db=6, receive_gain_db=4))
    assert rms_dbfs(louder[800:]) == pytest.approx(-20, abs=0.2)


def test_nothing_is_played_above_the_ceiling_whatever_the_gain() -> None:
    to_card = ToCard(8000, CardSettings(device="x", transmit_gain_db=20, transmit_ceiling_dbfs=-6))
    played = np.concatenate([to_card.process(frame) for frame in frames(to_samples(tones.noise(1.0, -12)))])
    assert peak_dbfs(played) <= -5.9
    assert rms_dbfs(played) > -16


def test_an_overdriven_card_is_seen_at_the_card_itself_whatever_the_gain() -> None:
    from_card = FromCard(8000, CardSettings(device="x", receive_gain_db=-20))
    from_card.process(np.full(FRAME_SAMPLES, 32767, dtype=np.int16))
    assert from_card.peak_dbfs == pytest.approx(0.0, abs=0.01)
