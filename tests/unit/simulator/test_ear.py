"""What a simulated person understands on a telephone."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bridge.ari.install import AsteriskTree
from hardware.simulator.g711 import SILENCE, encode_alaw
from hardware.simulator.signals import FRAME_S, FRAME_SAMPLES, RATE_HZ, Samples, read_wav, silence, speech_like
from hardware.simulator.telephones.ear import PHRASES, Ear, Heard, Language
from tests.harness.asterisk import lend_prompts

YOURS = speech_like(0.9, seed=1)
ASKED = np.concatenate([YOURS[: RATE_HZ * 4 // 10], speech_like(1.2, seed=2)])
"""Begins like the other, as *Du har begärt ordet* like *Du har ordet*."""


def language() -> Language:
    phrases = {"floor/yours": YOURS, "floor/asked": ASKED}
    return Language({name: sound / 32768 for name, sound in phrases.items()})


def heard(sound: Samples, after: int = 12_345, known: Language | None = None) -> list[Heard]:
    """What is understood of a sound that comes after so many silent samples, packet by packet."""
    whole = np.concatenate([silence(after), sound, silence(3 * RATE_HZ)])
    codes = encode_alaw(whole)
    ear, found = Ear(known or language()), []
    for at in range(0, len(codes), FRAME_SAMPLES):
        ear.takes(codes[at : at + FRAME_SAMPLES].ljust(FRAME_SAMPLES, bytes([SILENCE])))
        ear.tick((at + FRAME_SAMPLES) / FRAME_SAMPLES * FRAME_S)
    while not ear.heard.empty():
        found.append(ear.heard.get_nowait())
    return found


@pytest.mark.parametrize("after", [500, 501, 3999, 4000, 4001, 12_345])
def test_a_phrase_is_understood_once_wherever_it_begins(after: int) -> None:
    found = heard(YOURS, after)
    assert [one.phrase for one in found] == ["floor/yours"]
    assert found[0].began_s == pytest.approx(after / RATE_HZ, abs=0.03)


@pytest.mark.parametrize("after", [500, 3500, 3900, 3999, 4000, 4100, 12_345])
def test_a_phrase_that_begins_like_another_is_not_taken_for_it(after: int) -> None:
    assert [one.phrase for one in heard(ASKED, after)] == ["floor/asked"]


def test_a_phrase_is_understood_while_somebody_else_talks() -> None:
    other = speech_like(0.9, seed=7)
    mixed = (YOURS.astype(np.int32) + other).clip(-32768, 32767).astype(np.int16)
    assert [one.phrase for one in heard(mixed)] == ["floor/yours"]


def test_what_others_say_is_no_phrase() -> None:
    assert heard(speech_like(8.0, seed=9)) == []


def test_the_same_phrase_said_again_is_understood_again() -> None:
    twice = np.concatenate([YOURS, silence(2 * RATE_HZ), YOURS])
    assert [one.phrase for one in heard(twice)] == ["floor/yours", "floor/yours"]


# --- what Samband really says ---


def said_by_samband(sounds: Path, tongue: str) -> Iterator[tuple[str, Samples]]:
    """Every prompt but the counts, which are two hundred of a kind."""
    folder = sounds / tongue / "samband"
    for path in sorted(folder.rglob("*.wav")):
        name = str(path.relative_to(folder).with_suffix(""))
        if not name.startswith("number/"):
            yield name, read_wav(path)


@pytest.mark.slow
@pytest.mark.parametrize("tongue", ["sv", "en"])
def test_of_all_that_samband_says_just_the_phrases_are_understood_and_none_for_another(
    asterisk_tree: AsteriskTree, tmp_path: Path, tongue: str
) -> None:
    lend_prompts(asterisk_tree, tmp_path)
    known = Language.of_folder(tmp_path)
    understood = {
        name: [one.phrase for one in heard(sound, known=known)] for name, sound in said_by_samband(tmp_path, tongue)
    }
    assert understood == {name: [name] if name in PHRASES else [] for name in understood}
    assert set(PHRASES) <= set(understood)


@pytest.mark.slow
@pytest.mark.parametrize("phrase", PHRASES)
def test_a_phrase_is_understood_over_a_line_that_loses_or_doubles_a_packet_and_while_somebody_talks(
    asterisk_tree: AsteriskTree, tmp_path: Path, phrase: str
) -> None:
    lend_prompts(asterisk_tree, tmp_path)
    known, whole = Language.of_folder(tmp_path), read_wav(tmp_path / "sv/samband" / f"{phrase}.wav")
    last = min(len(whole), RATE_HZ) - 2 * FRAME_SAMPLES
    for number, cut in enumerate(range(2 * FRAME_SAMPLES, last, last // 8)):
        packet = slice(cut, cut + FRAME_SAMPLES)
        line = np.insert(whole, cut, whole[packet]) if number % 2 else np.delete(whole, packet)
        talker = speech_like(len(line) / RATE_HZ + 1, seed=100 + number, level_dbfs=-18)[: len(line)]
        both = (line.astype(np.int32) + (talker if number % 3 == 0 else 0)).clip(-32768, 32767).astype(np.int16)
        assert [one.phrase for one in heard(both, known=known)] == [phrase], f"cut at {cut}"
