"""Sound: to the air only with a grant and to the sample, from the air in an even beat."""

from pathlib import Path

import numpy as np

from hardware.simulator.signals import RATE_HZ, read_wav, silence, speech_like, tone
from tests.harness.radio import SimulatedRadio, simulated_radio
from tests.unit.simulator.conftest import QUICK
from tests.unit.simulator.peer import audio_peer
from tests.unit.simulator.te import PeiLine, pei_line

WORDS = speech_like(0.4, seed=7)


async def _received(radio: SimulatedRadio, frames: int, name: str = "rakel-1") -> dict[str, int]:
    """The terminal's counts as soon as it has this many frames from the peer."""
    while True:
        counts: dict[str, int] = (await radio.terminals[name].state())["audio"]
        if counts["received"] >= frames:
            return counts


async def test_words_spoken_with_the_floor_are_on_the_air_to_the_sample(radio: SimulatedRadio, line: PeiLine) -> None:
    async with audio_peer(radio.terminal.audio) as peer:
        await line.does("ATD2001")
        peer.send(WORDS)
        counts = await _received(radio, 20)
        await line.does("AT+CUTXC=1")
        await radio.terminal.stops_transmitting()
    assert (counts["received"], counts["on_air"], counts["not_on_air"]) == (20, 20, 0)
    np.testing.assert_array_equal(await radio.last_words(), WORDS)
    [transmission] = await radio.on_air()
    assert transmission.samples == len(WORDS)
    assert transmission.issi == radio.terminal.issi
    assert transmission.first_sample_s is not None
    assert transmission.end_s is not None
    assert transmission.start_s <= transmission.first_sample_s <= transmission.end_s


async def test_words_before_the_grant_and_after_the_release_are_wasted_and_counted(
    radio: SimulatedRadio, line: PeiLine
) -> None:
    early, late = speech_like(0.1, seed=1), speech_like(0.1, seed=2)
    async with audio_peer(radio.terminal.audio) as peer:
        peer.send(early)
        peer.send(silence(160))
        await _received(radio, 6)
        await line.does("ATD2001")
        peer.send(WORDS)
        await _received(radio, 26)
        await line.does("AT+CUTXC=1")
        await radio.terminal.stops_transmitting()
        peer.send(late)
        counts = await _received(radio, 31)
    assert (counts["on_air"], counts["not_on_air"]) == (20, 11)
    assert counts["not_on_air_voiced"] == 10
    np.testing.assert_array_equal(await radio.last_words(), WORDS)
    np.testing.assert_array_equal(await radio.terminal.wasted_audio(), np.concatenate([early, silence(160), late]))


async def test_a_queued_or_unanswered_demand_puts_nothing_on_the_air(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.set(behaviour="no_answer")
    async with audio_peer(radio.terminal.audio) as peer:
        await line.does("ATD2001")
        peer.send(WORDS)
        counts = await _received(radio, 20)
    assert counts["on_air"] == 0
    assert await radio.on_air() == []


async def test_the_talkers_words_reach_the_peer_to_the_sample(radio: SimulatedRadio, line: PeiLine) -> None:
    words = np.arange(1, 3201, dtype=np.int16)
    async with audio_peer(radio.terminal.audio) as peer:
        await peer.receive(1)
        await radio.user("Ledning").presses_ptt(saying=words)
        heard = await peer.receive_voice(len(words))
    np.testing.assert_array_equal(heard, words)


async def test_when_nobody_talks_the_peer_gets_silence_in_an_even_beat(radio: SimulatedRadio) -> None:
    async with audio_peer(radio.terminal.audio) as peer:
        track = await peer.receive(50)
    assert not np.any(track)
    assert len(track) == 50 * 160


async def test_the_radios_idle_noise_can_be_heard(radio: SimulatedRadio) -> None:
    await radio.set(idle_noise_dbfs=-60.0)
    async with audio_peer(radio.terminal.audio) as peer:
        track = (await peer.receive(25)).astype(float)
    level_dbfs = 20 * np.log10(np.sqrt(np.mean(track**2)) / 32767)
    assert -62 < level_dbfs < -58


async def test_another_talkgroup_is_not_heard(radio: SimulatedRadio, line: PeiLine) -> None:
    async with audio_peer(radio.terminal.audio) as peer:
        await radio.user("Ledning").presses_ptt(saying=WORDS, gssi=2002)
        await radio.user("Ledning").stops_talking()
        await peer.receive(5)
    assert (await radio.terminal.state())["audio"]["sent_voice"] == 0


async def test_the_codecs_frame_delays_what_is_heard(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.set(codec_delay_ms=30.0)
    words = np.full(320, 1000, dtype=np.int16)
    async with audio_peer(radio.terminal.audio) as peer:
        await peer.receive(1)
        await radio.user("Ledning").presses_ptt(saying=words)
        heard = await peer.receive_voice(480)
    assert np.flatnonzero(heard)[0] == 80, "30 ms are one frame of 20 ms and half of the next"
    np.testing.assert_array_equal(heard[80:400], words)


async def test_a_new_peer_replaces_the_old_one(radio: SimulatedRadio) -> None:
    async with audio_peer(radio.terminal.audio) as first:
        await first.receive(1)
        async with audio_peer(radio.terminal.audio) as second:
            await first.is_cut()
            await second.receive(2)
            assert (await radio.terminal.state())["audio_connected"]


async def test_the_audio_cable_can_be_pulled(radio: SimulatedRadio) -> None:
    async with audio_peer(radio.terminal.audio) as peer:
        await peer.receive(1)
        await radio.terminal.loses_audio()
        await peer.is_cut()
    await radio.terminal.regains_audio()
    async with audio_peer(radio.terminal.audio) as peer:
        await peer.receive(1)


async def test_frames_that_make_no_sense_are_counted_and_change_nothing(radio: SimulatedRadio) -> None:
    async with audio_peer(radio.terminal.audio) as peer:
        peer.send_raw(b"\x01\x00\x10" + bytes(16))
        peer.send_raw(b"\x42\x00\x01x")
        peer.send_raw(b"\x10\x00\x03abc")
        peer.send(silence(160))
        counts = await _received(radio, 1)
    assert counts["malformed"] == 2


async def test_silence_of_the_peer_in_a_transmission_is_silence_on_the_air(
    radio: SimulatedRadio, line: PeiLine
) -> None:
    async with audio_peer(radio.terminal.audio) as peer:
        await line.does("ATD2001")
        peer.send(WORDS[:160])
        await peer.receive(20)
        peer.send(WORDS[160:320])
        await _received(radio, 2)
    spoken = await radio.last_words()
    np.testing.assert_array_equal(spoken[:160], WORDS[:160])
    np.testing.assert_array_equal(spoken[-160:], WORDS[160:320])
    assert len(spoken) > 4 * 160, "there is silence between them"
    assert not np.any(spoken[160:-160])


async def test_what_a_radio_cannot_hold_ready_is_lost_and_told(radio: SimulatedRadio, line: PeiLine) -> None:
    await radio.set(buffer_ms=100.0)
    async with audio_peer(radio.terminal.audio) as peer:
        await line.does("ATD2001")
        peer.send(WORDS)
        await _received(radio, 20)
        await line.does("AT+CUTXC=1")
        await radio.terminal.stops_transmitting()
    [transmission] = await radio.on_air()
    assert transmission.lost_frames > 0
    assert transmission.samples == len(WORDS) - 160 * transmission.lost_frames


async def test_one_terminal_hears_the_other(tmp_path: Path) -> None:
    words = np.full(3200, 2000, dtype=np.int16)
    async with (
        simulated_radio(tmp_path, terminals=["rakel-1", "rakel-2"], arguments=QUICK) as radio,
        pei_line(radio.terminals["rakel-1"].serial) as first,
        pei_line(radio.terminals["rakel-2"].serial) as second,
        audio_peer(radio.terminals["rakel-1"].audio) as mouth,
        audio_peer(radio.terminals["rakel-2"].audio) as ear,
    ):
        await first.initialises(radio.gssi)
        await second.initialises(radio.gssi)
        await first.does("ATD2001")
        await second.until("+CTICN: 1,0,0,5,02400000101001001,…", "+CTXG: 1,3,0,0,3,02400000101001001")
        mouth.send(words)
        heard = await ear.receive_voice(len(words))
    np.testing.assert_array_equal(heard, words)


async def test_the_track_of_a_talkgroup_has_each_word_at_its_time(radio: SimulatedRadio, tmp_path: Path) -> None:
    await radio.user("Ledning").presses_ptt(saying=tone(500, 0.1))
    await radio.user("Ledning").stops_talking()
    await radio.user("Insats").presses_ptt(saying=tone(900, 0.1))
    await radio.user("Insats").stops_talking()
    track = await radio.air_audio()
    first, second = await radio.on_air()
    assert first.first_sample_s == track.start_s
    assert second.first_sample_s is not None
    at = round((second.first_sample_s - track.start_s) * RATE_HZ)
    np.testing.assert_array_equal(track.samples[:800], tone(500, 0.1))
    np.testing.assert_array_equal(track.samples[at : at + 800], tone(900, 0.1))
    await radio.client.save_wav(radio.gssi, tmp_path / "air.wav")
    np.testing.assert_allclose(read_wav(tmp_path / "air.wav"), track.samples, atol=1)


async def test_a_user_speaks_a_sound_file(radio: SimulatedRadio, tmp_path: Path) -> None:
    await radio.user("Ledning").presses_ptt(tone_hz=700, seconds=0.1)
    await radio.user("Ledning").stops_talking()
    await radio.client.save_wav(radio.gssi, tmp_path / "said.wav")
    await radio.client.press(1_002_002, radio.gssi, wav=tmp_path / "said.wav")
    await radio.user("Insats").stops_talking()
    np.testing.assert_allclose(await radio.last_words(), tone(700, 0.1), atol=2)


async def test_clear_forgets_what_was_on_the_air(radio: SimulatedRadio) -> None:
    await radio.user("Ledning").presses_ptt(seconds=0.1)
    await radio.user("Ledning").stops_talking()
    await radio.client.clear()
    assert await radio.on_air() == []
    await radio.user("Ledning").presses_ptt(seconds=0.1)
    await radio.user("Ledning").stops_talking()
    assert len(await radio.on_air()) == 1
