"""Every prompt has its words in both languages. Its sound begins, ends and is as loud as it should be."""

import os
import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bridge.ari.config import templates_dir
from bridge.ari.install import AsteriskTree, Progress
from bridge.ari.prompts import (
    PEAK_DBFS,
    SPEECH_DBFS,
    TONE_DBFS,
    TONES,
    PromptError,
    Samples,
    Voice,
    beeps,
    levelled,
    read_script,
    render,
    resampled,
    trimmed,
)
from bridge.ari.spoken import SpokenNames
from bridge.audio.frame import RATE_HZ
from bridge.domain.callout.prompts import CALLOUT_INTRO
from bridge.domain.conference.prompts import ENTRY_WELCOME
from bridge.domain.kernel import phrases
from bridge.domain.kernel.language import Language
from bridge.domain.phrases import catalogue

pytestmark = pytest.mark.slow  # every prompt is spoken by a program of its own

CATALOGUE = templates_dir() / "prompts"


def rms_dbfs(samples: Samples) -> float:
    return 20 * float(np.log10(np.sqrt(np.mean(samples**2))))


def sine(hz: float, rate_hz: int, lasts_s: float = 1.0, peak: float = 0.5) -> Samples:
    return np.asarray(peak * np.sin(2 * np.pi * hz * np.arange(round(lasts_s * rate_hz)) / rate_hz))


def as_espeak_writes(samples: Samples) -> bytes:
    """A WAV on a pipe: 22.05 kHz, and lengths in the header that are not true."""
    pcm = (samples * 32767).astype("<i2").tobytes()
    form = struct.pack("<IHHIIHH", 16, 1, 1, 22050, 44100, 2, 16)
    return b"RIFF\x24\xf0\xff\x7fWAVEfmt " + form + b"data\x00\xf0\xff\x7f" + pcm


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AsteriskTree]:
    """A speech engine that says 0.3 s of 1 kHz, whatever the text. There is 0.2 s of silence before it and 0.3 s after
    it."""
    folder = tmp_path_factory.mktemp("bin")
    said = np.concatenate([np.zeros(4410), sine(1000, 22050, 0.3), np.zeros(6615)])
    (folder / "said").write_bytes(as_espeak_writes(said))
    (folder / "silence").write_bytes(as_espeak_writes(np.zeros(4410)))
    program = folder / "espeak-ng"
    program.write_text(
        "#!/bin/sh\n"
        'case "$(cat)" in\n'
        "refuse) echo cannot speak >&2; exit 1;;\n"
        f"silence) cat {folder}/silence;;\n"
        f"*) cat {folder}/said;;\n"
        "esac\n"
    )
    program.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        yield AsteriskTree(binary=folder / "asterisk", modules_dir=folder, data_dir=folder, root=None)


@dataclass(frozen=True)
class Spoken:
    """Everything rendered once, for the tests that only look."""

    folder: Path
    told: list[Progress]

    def samples(self, prompt: str) -> Samples:
        return np.asarray(soundfile.read(self.folder / f"sv/samband/{prompt}.wav")[0])


@pytest.fixture(scope="module")
def spoken(tree: AsteriskTree, tmp_path_factory: pytest.TempPathFactory) -> Spoken:
    folder, told = tmp_path_factory.mktemp("sounds"), list[Progress]()
    assert render(tree, CATALOGUE, folder, progress=told.append, languages=[Language.SV]).made == len(catalogue())
    return Spoken(folder, told)


def small_catalogue(folder: Path, **changes: str) -> Path:
    """The real catalogue with some Swedish texts changed: `entry_welcome="…"`."""
    shutil.copytree(CATALOGUE, folder, dirs_exist_ok=True)
    script = (folder / "sv.toml").read_text()
    for name, text in changes.items():
        group, key = name.split("_")
        head, _, rest = script.partition(f"[{group}]\n")
        lines = [f'{key} = "{text}"' if line.startswith(f"{key} =") else line for line in rest.split("\n")]
        script = f"{head}[{group}]\n" + "\n".join(lines)
    (folder / "sv.toml").write_text(script)
    return folder


@pytest.mark.parametrize("language", list(Language))
def test_every_prompt_the_program_can_name_has_its_words(language: Language) -> None:
    script = read_script(CATALOGUE, language)
    assert set(script.texts) | set(TONES) == set(catalogue())
    assert all(text.strip() for text in script.texts.values())


@pytest.mark.parametrize("language", list(Language))
def test_a_call_out_says_at_once_what_it_is_and_in_few_words(language: Language) -> None:
    assert len(read_script(CATALOGUE, language).texts[CALLOUT_INTRO].split()) <= 6
    assert len(read_script(CATALOGUE, language).texts[ENTRY_WELCOME].split()) <= 12


def test_numbers_are_said_as_they_are() -> None:
    texts = read_script(CATALOGUE, Language.SV).texts
    assert texts[catalogue()[-1]] == "199"


def test_a_missing_text_is_named_with_its_language(tmp_path: Path) -> None:
    folder = small_catalogue(tmp_path / "c", entry_goodbye="")
    with pytest.raises(PromptError, match="entry/goodbye has no text in sv"):
        read_script(folder, Language.SV)


def test_a_text_for_no_prompt_is_named(tmp_path: Path) -> None:
    folder = small_catalogue(tmp_path / "c")
    with (folder / "sv.toml").open("a") as script:
        script.write('\n[greeting]\nhello = "Hej."\n')
    with pytest.raises(PromptError, match="greeting/hello, which is no prompt"):
        read_script(folder, Language.SV)


def test_a_catalogue_that_is_no_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "sv.toml").write_text("voice = ")
    with pytest.raises(PromptError, match=r"sv\.toml cannot be read"):
        read_script(tmp_path, Language.SV)


def test_what_is_rendered_is_what_asterisk_plays(spoken: Spoken) -> None:
    for prompt in catalogue():
        info = soundfile.info(spoken.folder / f"sv/samband/{prompt}.wav")
        assert (info.samplerate, info.channels, info.subtype) == (8000, 1, "PCM_16")
        assert info.frames % 160 == 0 or prompt in TONES


def test_a_prompt_begins_soon_and_ends_with_its_speech(spoken: Spoken) -> None:
    samples = spoken.samples(ENTRY_WELCOME)
    loud = np.flatnonzero(np.abs(samples) > 0.02)
    assert 0.04 < loud[0] / RATE_HZ < 0.09
    assert (len(samples) - loud[-1]) / RATE_HZ < 0.045


def test_speech_is_of_one_level_however_loud_it_came(spoken: Spoken) -> None:
    assert rms_dbfs(spoken.samples("number/7")[800:-800]) == pytest.approx(SPEECH_DBFS, abs=0.5)


def test_progress_is_told(spoken: Spoken) -> None:
    assert [step.done for step in spoken.told] == list(range(len(catalogue())))
    assert {step.total for step in spoken.told} == {len(catalogue())}


def test_only_what_changed_is_rendered_again(tmp_path: Path, tree: AsteriskTree, spoken: Spoken) -> None:
    sounds, swedish = tmp_path / "sounds", [Language.SV]
    shutil.copytree(spoken.folder, sounds)
    assert render(tree, CATALOGUE, sounds, languages=swedish).made == 0
    changed = small_catalogue(tmp_path / "c", entry_goodbye="Hej hej.", mute_muted="Tyst.")
    assert render(tree, changed, sounds, languages=swedish).made == 2
    (sounds / "sv/samband/number/7.wav").unlink()
    assert render(tree, changed, sounds, languages=swedish).made == 1


def test_a_prompt_that_a_power_cut_emptied_is_spoken_again(tmp_path: Path, tree: AsteriskTree, spoken: Spoken) -> None:
    sounds = tmp_path / "sounds"
    shutil.copytree(spoken.folder, sounds)
    welcome = sounds / "sv/samband" / f"{ENTRY_WELCOME}.wav"
    whole = welcome.read_bytes()
    welcome.write_bytes(b"")
    assert render(tree, CATALOGUE, sounds, languages=[Language.SV]).made == 1
    assert welcome.read_bytes() == whole


def test_an_operators_own_recording_wins_and_is_made_to_fit(tmp_path: Path, tree: AsteriskTree, spoken: Spoken) -> None:
    sounds, own = tmp_path / "sounds", tmp_path / "own/sv/entry/welcome.wav"
    own.parent.mkdir(parents=True)
    quiet = np.concatenate([np.zeros(48000), sine(500, 48000, 2, peak=0.01), np.zeros(96000)])
    soundfile.write(own, np.stack([quiet, quiet], axis=1), 48000)
    shutil.copytree(spoken.folder, sounds)
    assert render(tree, CATALOGUE, sounds, tmp_path / "own", languages=[Language.SV]).made == 1
    read, rate_hz = soundfile.read(sounds / "sv/samband/entry/welcome.wav")
    samples = np.asarray(read, np.float64)
    assert rate_hz == 8000
    assert len(samples) / rate_hz == pytest.approx(2.08, abs=0.03)
    assert rms_dbfs(samples[800:-800]) == pytest.approx(SPEECH_DBFS, abs=0.5)
    assert np.argmax(np.abs(np.fft.rfft(samples))) * rate_hz / len(samples) == pytest.approx(500, abs=2)

    soundfile.write(own, sine(700, 16000), 16000)
    assert render(tree, CATALOGUE, sounds, tmp_path / "own", languages=[Language.SV]).made == 1
    own.unlink()
    assert render(tree, CATALOGUE, sounds, tmp_path / "own", languages=[Language.SV]).made == 1


@pytest.mark.parametrize("content", [b"", b"not a sound", b"RIFF\x24\x00\x00\x00WAVE"])
def test_a_recording_that_is_no_sound_is_named(tmp_path: Path, tree: AsteriskTree, content: bytes) -> None:
    own = tmp_path / "own/sv/entry/welcome.wav"
    own.parent.mkdir(parents=True)
    own.write_bytes(content)
    with pytest.raises(PromptError, match=r"own/sv/entry/welcome\.wav"):
        render(tree, CATALOGUE, tmp_path / "sounds", tmp_path / "own")


def test_a_silent_recording_is_refused(tmp_path: Path, tree: AsteriskTree) -> None:
    own = tmp_path / "own/sv/entry/welcome.wav"
    own.parent.mkdir(parents=True)
    soundfile.write(own, np.zeros(8000), 8000)
    with pytest.raises(PromptError, match="must hold sound"):
        render(tree, CATALOGUE, tmp_path / "sounds", tmp_path / "own")


@pytest.mark.parametrize("trouble", ["refuse", "silence"])
def test_an_engine_that_does_not_speak_is_told_with_the_prompt(
    tmp_path: Path, tree: AsteriskTree, trouble: str
) -> None:
    folder = small_catalogue(tmp_path / "c", floor_yours=trouble)
    with pytest.raises(PromptError, match="floor/yours in sv"):
        render(tree, folder, tmp_path / "sounds")


@pytest.mark.parametrize("damage", ["{", '["no"]'])
def test_a_damaged_manifest_means_render_again(tmp_path: Path, tree: AsteriskTree, spoken: Spoken, damage: str) -> None:
    shutil.copytree(spoken.folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / "sv/samband/manifest.json").write_text(damage)
    assert render(tree, CATALOGUE, tmp_path, languages=[Language.SV]).made == len(catalogue())


@pytest.mark.parametrize("name", sorted(TONES))
def test_tones_are_short_distinct_and_of_one_level(name: str) -> None:
    samples = beeps(TONES[name])
    is_music = name == "tone/waiting"
    assert len(samples) / RATE_HZ < (15.0 if is_music else 0.6)
    sounding = samples[np.abs(samples) > 0.02]
    assert rms_dbfs(sounding) == pytest.approx(TONE_DBFS, abs=1.5)
    assert abs(samples[0]) < 0.01
    assert abs(samples[-1]) < 0.01
    assert len({tuple(parts) for parts in TONES.values()}) == len(TONES)


@pytest.mark.parametrize("rate_hz", [11025, 16000, 22050, 44100, 48000])
def test_resampling_keeps_speech_and_lets_nothing_fold_back(rate_hz: int) -> None:
    for hz in (300, 1000, 3300):
        passed = resampled(sine(hz, rate_hz), rate_hz)
        assert len(passed) == 8000
        assert rms_dbfs(passed[400:-400]) == pytest.approx(rms_dbfs(sine(hz, rate_hz)), abs=0.1)
    for hz in (4300, 5000):
        folded = resampled(sine(hz, rate_hz), rate_hz)
        assert rms_dbfs(folded[400:-400] + 1e-9) < rms_dbfs(sine(hz, rate_hz)) - 65


def test_silence_is_nothing_to_level() -> None:
    assert len(trimmed(np.zeros(8000))) == 0
    with pytest.raises(PromptError, match="no sound"):
        levelled(np.zeros(8000))


def test_a_peaky_sound_is_kept_under_the_ceiling() -> None:
    click = sine(1000, RATE_HZ, peak=0.01)
    click[4000:4080] = sine(1000, RATE_HZ, 0.01, peak=0.9)
    assert 20 * np.log10(np.max(np.abs(levelled(click)))) == pytest.approx(PEAK_DBFS, abs=0.1)


# --- names that no prompt holds ---


def names(tree: AsteriskTree, sounds: Path) -> SpokenNames:
    return SpokenNames(tree, {language: Voice("sv", 150, 42) for language in Language}, sounds)


async def test_a_name_is_spoken_when_it_is_first_needed_and_kept(tree: AsteriskTree, tmp_path: Path) -> None:
    said = [ENTRY_WELCOME, phrases.spoken("Räddningstjänsten vakthavande befäl")]
    first = await names(tree, tmp_path).ready(said, Language.SV)
    assert first[0] == ENTRY_WELCOME
    file = tmp_path / "sv" / "samband" / f"{first[1]}.wav"
    samples, rate_hz = soundfile.read(file)
    assert rate_hz == RATE_HZ
    assert rms_dbfs(np.asarray(samples)) > -40
    made_at = file.stat().st_mtime_ns
    assert await names(tree, tmp_path).ready(said, Language.SV) == first
    assert file.stat().st_mtime_ns == made_at


async def test_a_name_that_cannot_be_spoken_is_left_out_and_the_rest_is_said(
    tree: AsteriskTree, tmp_path: Path
) -> None:
    (tmp_path / "sv").write_text("in the way")
    assert await names(tree, tmp_path).ready([phrases.spoken("TiB"), ENTRY_WELCOME], Language.SV) == [ENTRY_WELCOME]


async def test_the_names_kept_are_bounded_and_the_oldest_go(
    tree: AsteriskTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.ari.spoken.MOST_KEPT", 2)
    made = [(await names(tree, tmp_path).ready([phrases.spoken(f"Kommun {n}")], Language.SV))[0] for n in range(4)]
    kept = {path.stem for path in (tmp_path / "sv" / "samband" / "spoken").glob("*.wav")}
    assert len(kept) == 2
    assert made[-1].removeprefix("spoken/") in kept
