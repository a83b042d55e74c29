"""The digits of a code: which ones nobody may choose, with the reason, and what lies just beside each pattern."""

import pytest

from bridge.domain.conference.codes import fault_of, is_prefix_free, pattern_of
from bridge.domain.conference.reasons import CodeReason
from bridge.domain.kernel.reasons import Reason


@pytest.mark.parametrize("code", ["", "70315", "7031580264197", "70315a", "703 158", "７０３１５８", "703158\n"])
def test_a_code_is_six_to_twelve_digits_of_the_keypad(code: str) -> None:
    assert fault_of(code) == CodeReason.SHAPE()


@pytest.mark.parametrize("code", ["703158", "418293", "703158026419"])
def test_six_and_twelve_digits_without_a_pattern_may_be_chosen(code: str) -> None:
    assert fault_of(code) is None


REPEATS, COUNTS, MIRRORED = CodeReason.REPEATS(), CodeReason.COUNTS(), CodeReason.MIRRORED()
DATE, LINES = CodeReason.DATE(), CodeReason.LINES()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("72722727", REPEATS),  # two different digits
        ("72872287", REPEATS),  # three
        ("72872286", None),  # four
        ("81728172", REPEATS),  # four digits twice
        ("81728173", None),
        ("77118844", REPEATS),  # each digit twice
        ("77118845", None),
        ("7711884", None),
        ("703692", COUNTS),  # equal steps all the way, 0 after 9: by sevens, threes, ones
        ("036925", COUNTS),
        ("36925814", COUNTS),
        ("703693", None),  # equal steps, but for the last
        ("704567", COUNTS),  # four in a row
        ("704680", COUNTS),
        ("709876", COUNTS),
        ("708642", COUNTS),
        ("70915555", COUNTS),
        ("789016", COUNTS),
        ("702347", None),  # three in a row
        ("700361", None),
        ("703691", None),  # four by threes are no run
        ("704826", None),  # by fours
        ("703158851307", MIRRORED),
        ("703158851308", None),
        ("7031307", MIRRORED),
        ("70315870", None),
        ("70318131", None),
        ("70318170", None),
        ("70813170", None),
        ("708131318170", MIRRORED),
        ("708131813170", None),
        ("708132328171", None),
        ("70818170", MIRRORED),
    ],
)
def test_a_code_has_no_pattern_of_its_digits(code: str, reason: Reason | None) -> None:
    assert pattern_of(code) == reason


@pytest.mark.parametrize(
    ("code", "is_date"),
    [
        ("311284", True),
        ("281284", True),
        ("091084", True),
        ("321284", False),
        ("311384", False),
        ("001284", False),
        ("310084", False),
        ("123184", True),
        ("133184", False),
        ("841231", True),
        ("841331", False),
        ("841232", False),
        ("198473", True),
        ("207364", True),
        ("187364", False),
        ("641973", True),
        ("742073", True),
        ("641873", False),
        ("2084736", True),
        ("6472084", True),
        ("3112846", False),  # seven digits hold no day, month and short year alone
        ("31121984", True),
        ("12311984", True),
        ("19841231", True),
        ("311219846", True),
        ("123119846", True),
        ("198412316", True),
        ("631121984", False),
        ("32121984", False),
        ("31131984", False),
        ("31121884", False),
        ("19842073", True),  # two years
        ("19841873", False),
        ("18842073", False),
        ("198420736", False),
        ("8412314736", True),  # of birth
        ("8413314736", False),
        ("8412324736", False),
        ("841231473", False),
        ("84123147365", False),
    ],
)
def test_a_code_is_no_date(code: str, is_date: bool) -> None:
    assert (pattern_of(code) == DATE) is is_date


@pytest.mark.parametrize(
    ("code", "is_lines"),
    [
        ("147258", True),  # two columns
        ("852741", True),
        ("159357", True),
        ("369852", True),
        ("258046", True),  # one column of four, and two digits
        ("085246", True),
        ("6147258", True),
        ("1472586", True),
        ("14762589", True),
        ("614725809", True),
        ("614725894", False),  # three beside them
        ("147604", False),
        ("403147", False),  # one line of three, at the end
        ("403987", False),
        ("40314725", False),
    ],
)
def test_a_code_is_no_lines_of_the_keypad_with_two_digits_beside_them(code: str, is_lines: bool) -> None:
    assert (pattern_of(code) == LINES) is is_lines


def test_the_reasons_are_asked_for_of_a_chosen_code_in_this_order() -> None:
    assert fault_of("12345") == CodeReason.SHAPE()
    assert fault_of("111111") == REPEATS
    assert fault_of("123456") == COUNTS
    assert fault_of("147258") == LINES


def test_no_code_begins_as_another() -> None:
    assert is_prefix_free("703158", [])
    assert is_prefix_free("703158", ["418293", "703159", "70319"])
    assert not is_prefix_free("703158", ["418293", "703158"])
    assert not is_prefix_free("703158", ["418293", "70315894"])
    assert not is_prefix_free("70315894", ["418293", "703158"])
