"""A key that Asterisk tells twice is one key; a key that is pressed twice is two."""

import pytest

from bridge.ari.keys import KeysOfLeg
from bridge.ari.model import Channel, ChannelDtmfReceived

PHONE = Channel("1732631000.1")


def told(*keys: tuple[str, int, int]) -> str:
    """Digit, duration and time (ms) of each telling; gives the keys that are counted."""
    leg = KeysOfLeg()
    events = [
        ChannelDtmfReceived(PHONE, digit, duration_ms, f"2026-11-26T15:54:{at_ms // 1000:02d}.{at_ms % 1000:03d}+0000")
        for digit, duration_ms, at_ms in keys
    ]
    return "".join(event.digit for event in events if leg.is_new(event))


def keys_of(recorded: str) -> list[tuple[str, int, int]]:
    """Digit, duration and time of each telling of a recording."""
    at_ms, keys = 0, []
    for one in recorded.split():
        digit, (after_ms, _, lasted_ms) = one[0], one[2:].partition("/")
        at_ms += int(after_ms)
        keys.append((digit, int(lasted_ms), at_ms))
    return keys


RECORDED = {
    "1: instrument {press_ms: 60, gap_ms: 40}": (
        "1+0/60 2+77/60 3+119/60 3+6/60 4+112/60 4+14/60 5+107/60 5+18/60 6+101/60 6+27/60 7+93/60 7+32/60 "
        "8+88/60 8+37/60 9+83/60 9+43/60 0+77/60 0+50/60 *+72/60 *+54/60 #+77/60 #+76/60 1+52/60 1+80/60 2+19/60 "
        "2+161/60 3+0/60 3+168/60 4+0/60 4+156/60 5+0/60 5+144/60 6+0/60 6+127/60 7+0/60 7+129/60 8+0/60 "
        "8+132/60 9+2/60 9+128/60 0+0/60 0+125/60 *+20/60 *+124/60 #+1/60 #+127/60"
    ),
    "2: instrument {press_ms: 60, gap_ms: 60}": (
        "1+0/60 2+97/60 2+59/60 3+81/60 3+45/60 4+95/60 4+30/60 5+110/60 5+15/60 6+125/60 6+0/60 7+140/60 "
        "8+140/60 9+140/60 0+140/60 *+140/60 #+140/60 1+140/60 2+162/60 3+123/60 3+42/60 4+108/60 4+18/60 "
        "5+107/60 5+24/60 6+118/60 6+7/60 7+131/60 8+140/60 9+140/60 0+140/60 *+140/60 #+170/60"
    ),
    "3: instrument {jitter_ms: 60} {press_ms: 60, gap_ms: 60}": (
        "1+0/60 2+144/60 3+133/60 4+143/60 5+155/60 6+114/60 6+12/60 7+135/60 8+153/60 9+120/60 9+5/60 0+184/60 "
        "*+93/60 *+37/60 #+93/60 #+32/60 1+95/60 1+69/60 2+110/60 2+29/60 3+85/60 3+42/60 4+138/60 5+95/60 "
        "5+30/60 6+143/60 7+117/60 7+19/60 8+118/60 8+14/60 9+133/60 0+203/60 *+63/60 *+63/60 #+116/60 #+9/60"
    ),
    "4: instrument {jitter_ms: 150} {press_ms: 60, gap_ms: 60}": (
        "1+0/60 2+134/60 3+94/60 3+36/60 4+92/60 4+49/60 5+125/60 5+1/60 6+176/60 7+76/60 7+51/60 8+100/60 "
        "8+35/60 9+100/60 9+39/60 0+142/60 *+169/60 #+121/60 #+18/60 1+114/60 1+21/60 2+94/60 2+32/60 3+107/60 "
        "3+30/60 4+119/60 4+6/60 5+160/60 6+91/60 6+35/60 7+119/60 7+6/60 8+147/60 8+32/60 9+76/60 9+49/60 "
        "0+121/60 0+4/60 *+94/60 *+33/60 #+128/60"
    ),
    "5: instrument {jitter_ms: 60}": (
        "1+0/100 2+247/100 3+210/100 4+216/100 5+241/100 6+216/100 7+217/100 8+196/100 9+283/100 0+193/100 "
        "*+224/100 #+219/100 1+179/100 2+229/100 3+216/100 4+238/100 5+231/100 6+217/100 7+191/100 8+244/100 "
        "9+182/100 0+259/100 *+232/100 #+272/100"
    ),
    "6: instrument {jitter_ms: 150}": (
        "1+0/100 2+173/100 3+242/100 4+213/100 5+208/100 6+256/100 7+185/100 8+259/100 9+252/100 0+228/100 "
        "*+180/100 #+237/100 1+206/100 2+193/100 3+217/100 4+203/100 5+236/100 6+245/100 7+307/100 8+95/100 "
        "8+54/100 9+177/100 0+163/100 *+287/100 #+414/100"
    ),
    "7: instrument {loss: 0.1, reordered: 0.05, jitter_ms: 100}": (
        "1+0/100 2+201/100 3+251/100 4+195/100 5+224/100 6+189/100 7+218/100 8+276/100 9+214/100 0+215/100 "
        "*+208/100 #+222/100 1+314/100 2+130/100 3+253/100 4+221/100 5+167/100 6+231/100 7+192/100 8+283/100 "
        "9+178/100 0+250/100 *+358/100 #+185/100"
    ),
    "8: instrument {loss: 0.05, reordered: 0.05, jitter_ms: 40}": (
        "1+0/100 2+222/100 3+227/100 4+198/100 5+233/100 6+259/100 7+186/100 8+276/100 9+181/100 0+222/100 "
        "*+196/100 #+241/100 1+206/100 2+222/100 3+210/100 4+218/100 5+230/100 6+298/100 7+155/100 8+191/100 "
        "9+221/100 0+219/100 *+342/100 #+314/100"
    ),
    "9: baresip": (
        "1+0/180 2+380/180 3+368/180 4+302/220 5+414/180 6+305/180 7+363/180 8+300/180 9+297/180 0+330/180 "
        "*+325/180 #+264/180 1+301/180 2+301/180 3+301/180 4+365/180 5+253/180 6+282/180 7+324/180 8+297/180 "
        "9+299/180 0+301/180 *+760/180 #+52/180 #+174/180"
    ),
    "10: instrument": (
        "1+0/100 2+220/100 3+220/100 4+220/100 5+220/100 6+231/100 7+218/100 8+232/100 9+199/100 0+221/100 "
        "*+220/100 #+220/100 1+219/100 2+228/100 3+212/100 4+220/100 5+220/100 6+229/100 7+211/100 8+220/100 "
        "9+220/100 0+220/100 *+300/100 #+140/100 #+5/100"
    ),
    "11: instrument {jitter_ms: 300}": (
        "1+0/100 2+175/100 3+217/100 4+305/100 5+151/100 6+261/100 7+115/100 7+30/100 8+272/100 9+276/100 "
        "0+231/100 *+170/100 #+325/100 1+123/100 2+140/100 2+22/100 3+272/100 4+132/100 4+13/100 5+230/100 "
        "6+350/100 7+170/100 8+231/100 9+245/100 0+25/100 0+136/100 *+621/100 #+53/100"
    ),
    "12: baresip": (
        "1+0/180 2+317/180 3+631/180 4+165/180 4+68/180 5+196/180 5+65/180 6+192/180 6+33/180 7+326/180 "
        "8+303/180 9+318/180 0+302/180 *+298/180 #+302/180 1+341/180 2+297/180 3+301/180 4+352/180 5+249/180 "
        "6+320/180 7+298/180 8+422/180 9+322/180 0+296/180 *+313/180 #+347/180"
    ),
}
"""A real Asterisk's reports of the keys 1234567890*#, all of them twice, on a busy machine. Each is digit + ms after
the one before / duration. Instruments press for 100 ms and pause for 100 ms where nothing else is said."""


@pytest.mark.parametrize("recorded", RECORDED.values(), ids=list(RECORDED))
def test_what_asterisk_told_of_keys_that_came_unevenly_is_the_keys_that_were_pressed(recorded: str) -> None:
    assert told(*keys_of(recorded)) == "1234567890*#" * 2


REPEATED = {
    "1: {press_ms: 60, gap_ms: 40}": (
        "1+0/60 1+121/60 2+119/60 2+120/60 3+122/60 3+118/60 4+124/60 4+116/60 5+125/60 5+117/60 *+122/60 "
        "#+117/60 0+121/60 0+118/60 0+125/60 0+118/60 0+121/60 0+117/60 1+119/60 1+125/60 0+115/60 0+132/60"
    ),
    "2: {press_ms: 60, gap_ms: 60}": (
        "1+0/60 1+138/60 2+140/60 2+145/60 3+136/60 3+141/60 4+140/60 4+139/60 5+141/60 5+144/60 *+135/60 "
        "#+140/60 0+139/60 0+141/60 0+149/60 0+136/60 0+142/60 0+135/60 1+138/60 1+141/60 0+140/60 0+158/60"
    ),
    "3: {jitter_ms: 60} {press_ms: 60, gap_ms: 60}": (
        "1+0/60 1+177/60 2+132/60 2+124/60 2+1/60 3+184/60 3+135/60 4+116/60 4+12/60 4+158/60 5+139/60 "
        "5+127/60 5+13/60 *+129/60 #+155/60 0+133/60 0+126/60 0+136/60 0+121/60 0+154/60 0+130/60 1+147/60 "
        "1+126/60 0+175/60 0+101/60 0+24/60"
    ),
    "4: {jitter_ms: 150} {press_ms: 60, gap_ms: 60}": (
        "1+0/60 1+202/60 2+90/60 2+233/60 3+42/60 3+88/60 3+100/60 3+39/60 4+88/60 4+53/60 4+153/60 5+37/60 "
        "5+89/60 5+164/60 *+72/60 *+64/60 #+90/60 #+48/60 0+92/60 0+38/60 0+66/60 0+62/60 0+122/60 0+21/60 "
        "0+90/60 0+39/60 0+164/60 0+74/60 0+52/60 1+122/60 1+4/60 1+110/60 1+23/60 0+92/60 0+37/60 0+89/60 "
        "0+44/60"
    ),
    "5: {jitter_ms: 150}": (
        "1+0/100 1+191/100 2+268/100 2+123/100 3+320/100 3+210/100 4+201/100 4+212/100 5+212/100 5+152/100 "
        "*+334/100 #+120/100 0+300/100 0+228/100 0+188/100 0+243/100 0+290/100 0+132/100 0+21/100 1+154/100 "
        "1+394/100 0+200/100 0+158/100"
    ),
    "6: {jitter_ms: 300}": (
        "1+0/100 1+196/100 2+353/100 2+200/100 3+158/100 3+323/100 4+85/100 4+244/100 5+164/100 5+363/100 "
        "*+195/100 #+231/100 0+125/100 0+24/100 0+310/100 0+112/100 0+38/100 0+320/100 0+49/100 0+96/100 "
        "0+257/100 1+220/100 1+206/100 0+173/100 0+247/100"
    ),
    "7: {loss: 0.1, reordered: 0.05, jitter_ms: 100}": (
        "1+0/100 1+260/100 2+198/100 2+221/100 3+237/100 3+173/100 4+244/100 4+267/100 5+161/100 5+270/100 "
        "*+200/100 #+247/100 0+221/100 0+209/100 0+188/100 0+242/100 0+327/100 0+82/100 1+241/100 1+271/100 "
        "0+243/100 0+130/100 0+17/100"
    ),
    "8: {jitter_ms: 40} {press_ms: 100, gap_ms: 40}": (
        "1+0/100 1+172/100 2+152/100 2+141/100 2+20/100 3+166/100 3+162/100 4+156/100 4+132/100 4+21/100 "
        "5+157/100 5+171/100 *+129/100 *+16/100 #+162/100 0+163/100 0+171/100 0+165/100 0+150/100 0+138/100 "
        "0+18/100 0+167/100 1+154/100 1+161/100 0+181/100 0+151/100"
    ),
    "9: {jitter_ms: 100} {press_ms: 200, gap_ms: 60}": (
        "1+0/200 1+333/200 2+273/200 2+291/200 3+284/200 3+282/200 4+240/200 4+5/200 4+289/200 5+284/200 "
        "5+276/200 *+292/200 #+271/200 0+406/200 0+168/200 0+78/200 0+152/200 0+109/200 0+194/200 0+51/200 "
        "0+266/200 0+312/200 1+259/200 1+278/200 0+263/200 0+306/200"
    ),
}
"""The same of 1122334455*#0000001100, in which a second telling looks like the next key."""


@pytest.mark.parametrize("recorded", REPEATED.values(), ids=list(REPEATED))
def test_a_digit_that_is_pressed_again_and_again_is_told_from_a_second_telling(recorded: str) -> None:
    assert told(*keys_of(recorded)) == "1122334455*#0000001100"


def test_keys_one_after_the_other_are_all_counted() -> None:
    assert told(("1", 100, 0), ("2", 100, 200), ("3", 100, 400), ("#", 100, 600)) == "123#"


@pytest.mark.parametrize("pace_ms", [145, 160, 200, 300])
def test_on_an_even_line_a_key_pressed_many_times_is_many_however_alike_they_are(pace_ms: int) -> None:
    assert told(*(("5", 100, number * pace_ms) for number in range(8))) == "55555555"


@pytest.mark.parametrize("again_ms", [5, 30, 45, 70])
def test_a_key_that_was_held_back_is_told_twice_and_counted_once(again_ms: int) -> None:
    """The second began less than 45 ms after the first and was played out. So the third came too early."""
    assert told(("1", 100, 0), ("2", 100, 130), ("3", 100, 270), ("3", 100, 270 + again_ms), ("4", 100, 900)) == "1234"


def test_the_keys_after_it_are_held_back_too_and_each_is_counted_once() -> None:
    keys = [("1", 100, 0), ("2", 100, 130), ("3", 100, 270), ("3", 100, 300), ("4", 100, 410), ("4", 100, 470)]
    assert told(*keys, ("5", 100, 550), ("5", 100, 640)) == "12345"


def test_a_key_pressed_twice_and_told_four_times_is_two() -> None:
    keys = [("1", 100, 0), ("2", 100, 130), ("5", 100, 270), ("5", 100, 300), ("5", 100, 410), ("5", 100, 470)]
    assert told(*keys) == "1255"


def test_keys_held_back_together_are_told_again_in_their_order() -> None:
    assert (
        told(("1", 100, 0), ("2", 100, 110), ("3", 100, 130), ("4", 100, 150), ("3", 100, 280), ("4", 100, 430))
        == "1234"
    )


def test_a_rest_between_two_keys_ends_it() -> None:
    keys = [("1", 100, 0), ("2", 100, 130), ("3", 100, 270), ("3", 100, 300)]
    assert told(*keys, ("7", 100, 1000), ("7", 100, 1200)) == "12377"


def test_after_a_key_held_for_seconds_the_others_count_as_ever() -> None:
    keys = [("1", 2000, 2000), *(("5", 100, 2220 + number * 200) for number in range(4))]
    assert told(*keys) == "15555"


def test_a_telling_without_a_time_is_a_key() -> None:
    leg = KeysOfLeg()
    assert all(leg.is_new(ChannelDtmfReceived(PHONE, "5", 100, timestamp)) for timestamp in ("", "", "no time"))


SEVERAL_WAYS = {
    "packets with new time stamps": ("5+0/100 5+1/100 5+53/100 5+54/100 5+202/100", "5"),
    "end packets with new time stamps": ("5+0/100 5+0/100 5+52/100 5+53/100 5+198/100", "5"),
    "end packets with new time stamps, each 20 ms": ("5+0/100 5+21/100 5+45/100 5+46/100 5+191/100", "5"),
    "INFO when it is pressed": ("5+0/160 5+68/100", "5"),
    "INFO when it is let go": ("5+0/100 5+45/100", "5"),
    "INFO 60 ms later": ("5+0/100 5+62/100", "5"),
    "tone, and INFO when it is let go": ("5+0/100 5+39/89 5+65/89", "5"),
    "tone, and INFO when it is pressed": ("5+0/160 5+136/102 5+215/102", "5"),
    "three keys with new time stamps": (
        "1+0/100 1+0/100 1+49/100 1+49/100 1+199/100 2+200/100 2+401/100 2+401/100 2+549/100 2+551/100 2+704/100 "
        "5+704/100 5+855/100 5+855/100 5+1006/100 5+1007/100 5+1166/100",
        "125",
    ),
    "INFO too, and one key again after 400 ms": ("5+0/160 5+68/100 5+400/160 5+469/100 5+800/160 5+866/100", "555"),
}
"""A real Asterisk's reports of lines that send each press by two ways or with new time stamps. Times are ms from the
first."""


@pytest.mark.parametrize(("recorded", "pressed"), SEVERAL_WAYS.values(), ids=list(SEVERAL_WAYS))
def test_a_press_that_a_line_sends_by_several_ways_is_one_press(recorded: str, pressed: str) -> None:
    assert told(*_at(recorded)) == pressed


@pytest.mark.parametrize("pause_ms", [40, 60, 100])
def test_the_first_digit_of_a_code_keyed_twice_by_a_machine_is_two(pause_ms: int) -> None:
    beat_ms = 100 + pause_ms
    assert told(*((digit, 100, beat_ms * at) for at, digit in enumerate("1122"))) == "1122"


def test_a_line_whose_first_key_came_once_is_never_taken_for_one_that_sends_each_several_times() -> None:
    assert told(("1", 100, 0), ("2", 100, 300), ("2", 90, 340)) == "122"
    assert told(("1", 100, 0), ("1", 90, 40), ("2", 100, 300), ("2", 90, 340)) == "12"


def test_a_line_that_sends_each_key_twice_may_press_one_key_again_and_again_quickly() -> None:
    beats = [at_ms + lag_ms for at_ms in (300, 480, 660) for lag_ms in (0, 45)]
    assert (
        told(("1", 160, 0), ("1", 100, 68), *(("2", 160 if at % 2 else 100, ms) for at, ms in enumerate(beats)))
        == "1222"
    )


def _at(recorded: str) -> list[tuple[str, int, int]]:
    """Digit, duration and time of each report; the times are from the first."""
    keys = []
    for one in recorded.split():
        at_ms, _, lasted_ms = one[2:].partition("/")
        keys.append((one[0], int(lasted_ms), int(at_ms)))
    return keys
