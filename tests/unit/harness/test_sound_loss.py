"""Known damage is found. Each kind is found for what it is, in its place, to one grain of 5 ms. Nothing is found where
none is."""

from collections.abc import Callable

import numpy as np
import pytest

from bridge.audio.frame import FRAME_SAMPLES, GRAIN_SAMPLES, RATE_HZ, Samples
from bridge.audio.steady import SteadyWatch
from hardware.simulator.g711 import decode_alaw, encode_alaw
from tests.harness.sound_loss import Compared, compare, is_absent, lost_ms, phrase
from tests.harness.sound_mix import without
from tests.soak.speech import talk

MS = RATE_HZ // 1000
SAID = phrase(1, 2.0)
QUIET = np.zeros(1003, np.int16)
AT = 500 * MS
"""Where the damage is: half a second in, on a grain's edge. `BESIDE` is on none."""
BESIDE = AT + 13

Damage = Callable[[Samples, int, int], Samples]


def alaw(sound: Samples) -> Samples:
    return np.asarray(decode_alaw(encode_alaw(sound)) * 32768, np.int16)


def heard(sound: Samples, gain: float = 0.5) -> Samples:
    """At another telephone: later, quieter, through A-law twice, with silence around it."""
    softer = np.clip(sound * gain, -32767, 32767).astype(np.int16)
    return alaw(alaw(np.concatenate([QUIET, softer, QUIET])))


def silenced(said: Samples, at: int, count: int) -> Samples:
    return np.concatenate([said[:at], np.zeros(count, np.int16), said[at + count :]])


def doubled(said: Samples, at: int, count: int) -> Samples:
    return np.concatenate([said[: at + count], said[at:]])


def repeated(said: Samples, at: int, count: int) -> Samples:
    return np.concatenate([said[:at], said[at - count : at], said[at + count :]])


def moved(said: Samples, at: int, count: int) -> Samples:
    """Ten grains later."""
    later = at + count + 10 * GRAIN_SAMPLES
    return np.concatenate([said[:at], said[at + count : later], said[at : at + count], said[later:]])


def dropped(said: Samples, at: int, count: int) -> Samples:
    return np.concatenate([said[:at], said[at + count :]])


def filled(said: Samples, at: int, count: int) -> Samples:
    return np.concatenate([said[:at], np.zeros(count, np.int16), said[at:]])


def kinds(found: Compared) -> dict[str, list[tuple[float, float]]]:
    """Each kind that was found, with its places in what was said and their lengths, in ms."""
    names = ("lost", "doubled", "repeated", "moved", "inserted", "foreign")
    return {
        name: [(one.said_ms, one.ms) for one in getattr(found, name)] for name in names if getattr(found, name)
    }  # fmt: skip


def test_a_phrase_is_not_taken_for_a_steady_noise_however_long_it_is() -> None:
    watch = SteadyWatch()
    for frame in phrase(4, 66).reshape(-1, FRAME_SAMPLES):
        watch.process(frame)
        assert watch.steady_s <= 1


@pytest.mark.parametrize("gain", [0.1, 0.5, 1.0, 2.0])
def test_what_is_undamaged_is_whole_at_any_level_of_speech(gain: float) -> None:
    found = compare(SAID, heard(SAID, gain))
    assert (kinds(found), found.asked_ms, found.begins_at) == ({}, 2000, QUIET.size)


def test_every_grain_of_a_quiet_phrase_is_asked_for_and_found() -> None:
    for number in range(20):
        found = compare(phrase(number, 2.0, -32), heard(phrase(number, 2.0, -32), 1.0))
        assert found.untouched
        assert found.asked_ms == 2000


@pytest.mark.parametrize("count", [GRAIN_SAMPLES, FRAME_SAMPLES])
@pytest.mark.parametrize(
    ("damage", "kind", "also_lost", "said_at"),
    [
        (silenced, "lost", False, 0),
        (dropped, "lost", False, 0),
        (doubled, "doubled", False, 0),
        (repeated, "repeated", True, -1),
        (moved, "moved", False, 0),
        (filled, "inserted", False, 0),
    ],
)
def test_a_grain_or_a_frame_that_is_damaged_is_found_for_what_it_is_in_its_place(
    damage: Damage, kind: str, also_lost: bool, said_at: int, count: int
) -> None:
    found = compare(SAID, heard(damage(SAID, AT, count)))
    ms = count / MS
    wanted = {kind: [(500 + said_at * ms, ms)]} | ({"lost": [(500, ms)]} if also_lost else {})
    assert kinds(found) == wanted


@pytest.mark.parametrize("damage", [silenced, dropped, repeated])
def test_a_frame_that_is_missing_on_no_grains_edge_is_lost_to_one_grain(damage: Damage) -> None:
    (lost,) = compare(SAID, heard(damage(SAID, BESIDE, FRAME_SAMPLES))).lost
    assert (lost.said_ms, lost.ms) == (500, 25)


def test_silence_put_between_the_samples_of_a_grain_costs_nothing_of_it() -> None:
    found = compare(SAID, heard(filled(SAID, BESIDE, FRAME_SAMPLES)))
    assert found.whole
    ((_, ms),) = kinds(found)["inserted"]
    assert ms == pytest.approx(20, abs=1)


def test_a_jitter_buffers_fill_with_the_frame_before_is_doubled_sound() -> None:
    found = compare(SAID, heard(doubled(SAID, BESIDE - FRAME_SAMPLES, FRAME_SAMPLES)))
    assert (found.missing_ms, [one.ms for one in found.doubled]) == (0, [20])
    assert found.doubled[0].heard_ms == pytest.approx((QUIET.size + BESIDE) / MS, abs=5)


@pytest.mark.parametrize("longer", [GRAIN_SAMPLES, -GRAIN_SAMPLES])
def test_a_jitter_buffers_stretch_and_squeeze_are_found_where_they_are(longer: int) -> None:
    """Sound is laid over itself a grain earlier or later, faded over 10 ms. It lasts longer or shorter then."""
    over = np.linspace(1, 0, 2 * GRAIN_SAMPLES)
    before, behind = SAID[AT : AT + over.size], SAID[AT - longer : AT - longer + over.size]
    faded = np.asarray(before * over + behind * (1 - over), np.int16)
    found = compare(SAID, heard(np.concatenate([SAID[:AT], faded, SAID[AT - longer + over.size :]])))
    damage = (*found.lost, *found.doubled, *found.repeated, *found.foreign)
    assert damage
    assert all(490 <= one.said_ms <= one.said_ms + one.ms <= 515 for one in damage)


def test_every_fifth_frame_silenced_is_a_fifth_lost_frame_by_frame() -> None:
    fifth = np.arange(SAID.size) // FRAME_SAMPLES % 5 == 2
    found = compare(SAID, heard(np.where(fifth, 0, SAID).astype(np.int16)))
    assert kinds(found) == {"lost": [(40.0 + 100 * number, 20.0) for number in range(20)]}


@pytest.mark.parametrize("seed", range(8))
def test_a_frame_silenced_anywhere_is_found_there(seed: int) -> None:
    at = int(np.random.default_rng(seed).integers(0, SAID.size - FRAME_SAMPLES))
    (lost,) = compare(SAID, heard(silenced(SAID, at, FRAME_SAMPLES))).lost
    assert lost.said_ms <= at / MS < lost.said_ms + 5
    assert 20 <= lost.ms <= 25


@pytest.mark.parametrize("ms", [2, 3, 5])
def test_the_smallest_hole_that_is_told_is_two_milliseconds(ms: int) -> None:
    for offset in range(0, GRAIN_SAMPLES, 3):
        found = compare(SAID, heard(silenced(SAID, AT + offset, ms * MS)))
        assert 5 <= found.lost_ms <= 10


@pytest.mark.parametrize("ms", [5, 20, 135])
def test_a_lost_beginning_is_told_as_such(ms: int) -> None:
    found = compare(SAID, heard(SAID[ms * MS :]))
    assert (kinds(found), found.start_ms) == ({"lost": [(0, ms)]}, ms)
    assert found.begins_at == QUIET.size - ms * MS


@pytest.mark.parametrize("ms", [5, 20, 100])
def test_a_lost_end_is_no_lost_beginning(ms: int) -> None:
    found = compare(SAID, heard(SAID[: -ms * MS]))
    assert (found.lost_ms, found.start_ms) == (ms, 0)


def test_a_phrase_cut_in_two_with_a_pause_and_other_words_between_is_whole() -> None:
    found = compare(SAID, heard(np.concatenate([SAID[:BESIDE], QUIET, phrase(3, 1.0), QUIET, SAID[BESIDE:]])))
    assert found.whole
    assert list(kinds(found)) == ["foreign"]


def test_damage_over_a_word_is_lost_and_foreign() -> None:
    found = compare(SAID, heard(np.concatenate([SAID[:AT], phrase(3, 0.1), SAID[AT + 100 * MS :]])))
    assert kinds(found) == {"lost": [(500, 100)], "foreign": [(500, 100)]}


@pytest.mark.slow
def test_what_was_not_said_is_not_there_and_what_was_said_is() -> None:
    other = heard(phrase(2, 4.0))
    assert lost_ms(SAID, other) == 2000
    assert is_absent(SAID, other)
    assert not is_absent(SAID, heard(SAID[:GRAIN_SAMPLES]))


def test_a_voice_below_another_voice_is_not_absent() -> None:
    both = phrase(2, 2.0).astype(np.int32) + SAID // 2
    assert not is_absent(SAID, heard(both.astype(np.int16)))


def test_a_witness_stands_beside_each_loss_and_takes_nothing_off_it() -> None:
    both, ours = silenced(SAID, AT, FRAME_SAMPLES), 8000
    air = compare(SAID, heard(silenced(both, ours, FRAME_SAMPLES)))
    witness = compare(SAID, heard(silenced(both, 12000, GRAIN_SAMPLES)))
    assert air.lost_ms == 40
    assert air.beside(witness) == (
        "lost 20 ms at 500 ms (the witness missed 20 ms of it), 20 ms at 1000 ms (the witness missed 0 ms of it); "
        "the witness alone missed 5 ms"
    )


# two at once


def two_at_once(one: Samples, other: Samples, later: int = 777) -> Samples:
    both = np.pad(one, (0, later)).astype(np.int32) + np.pad(other, (later, 0))
    return np.clip(both, -32767, 32767).astype(np.int16)


def test_of_two_who_talk_at_once_both_are_whole() -> None:
    other = phrase(2, 2.0)
    both = heard(two_at_once(SAID, other))
    assert compare(SAID, without(both, other)).whole
    assert compare(other, without(both, SAID)).whole


@pytest.mark.parametrize("count", [GRAIN_SAMPLES, FRAME_SAMPLES])
def test_a_loss_below_another_voice_is_found_in_its_place(count: int) -> None:
    other = phrase(2, 2.0)
    both = heard(two_at_once(silenced(SAID, AT, count), other))
    (lost,) = compare(SAID, without(both, other)).lost
    assert (lost.said_ms, lost.ms) == (500, count / MS)


def test_a_loss_of_both_is_not_hidden_by_taking_the_other_out() -> None:
    other = phrase(2, 2.0)
    both = heard(silenced(two_at_once(SAID, other), AT, FRAME_SAMPLES))
    (lost,) = compare(SAID, without(both, other)).lost
    assert (lost.said_ms, lost.ms) == (500, 20)


# bit for bit, as sound is judged that no codec has touched


def test_what_is_aired_as_it_was_said_is_untouched() -> None:
    said = talk(5, seed=1)
    assert compare(said, said, exact=True).untouched


@pytest.mark.parametrize(
    ("damage", "kind", "also_lost"),
    [(dropped, "lost", False), (silenced, "lost", False), (doubled, "doubled", False), (moved, "moved", False),
     (repeated, "repeated", True)],
)  # fmt: skip
def test_bit_for_bit_the_same_damage_is_found(damage: Damage, kind: str, also_lost: bool) -> None:
    said = talk(5, seed=1)
    loud = int(np.argmax(np.abs(said.astype(np.int32)))) // FRAME_SAMPLES * FRAME_SAMPLES
    found = compare(said, damage(said, loud, FRAME_SAMPLES), exact=True)
    assert sorted(kinds(found)) == sorted([kind] + ["lost"] * also_lost)
    assert found.lost_ms + found.moved_ms == (0 if kind == "doubled" else 20)
    assert found.again_ms == (20 if kind in ("doubled", "repeated") else 0)


def test_bit_for_bit_a_single_foreign_grain_is_found_however_quiet() -> None:
    said = talk(5, seed=1)
    found = compare(said, np.concatenate([said, np.full(GRAIN_SAMPLES, 3, np.int16)]), exact=True)
    assert kinds(found) == {"foreign": [(5000, 5)]}


def test_bit_for_bit_a_pause_may_be_shortened() -> None:
    said = np.concatenate([talk(1, 1), np.zeros(4000, np.int16), talk(1, 2)])
    assert compare(said, np.concatenate([said[:9600], said[10400:]]), exact=True).untouched
