"""A telephone number is taken as people write it, or refused with what is wrong; it is never called wrongly."""

import re
from collections.abc import Callable

import phonenumbers as plan
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge.domain.callout.policy import TrunkPolicy
from bridge.domain.callout.records import TargetState
from bridge.domain.kernel.ids import TrunkName
from bridge.domain.telephony.numbers import (
    NumberError,
    NumberFault,
    dialled_forms,
    is_premium,
    national,
    parse_number,
    parse_prefix,
)
from tests.harness.reasons import english
from tests.harness.story import Story


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("08-465 004 00", "+46846500400"),
        ("+46 8 465 004 00", "+46846500400"),
        ("0046 8 465 004 00", "+46846500400"),
        ("+46 (0)8 555 55 55", "+4685555555"),
        ("+46 (0)8-465 004 00", "+46846500400"),
        ("+46(0)701740605", "+46701740605"),
        ("+46 0701740605", "+46701740605"),
        ("0046(0)70-174 06 05", "+46701740605"),
        ("+460701740605", "+46701740605"),
        ("0046 (0)31-390 06 00", "+46313900600"),
        ("+4608465 00400", "+46846500400"),
        ("(08) 465 004 00", "+46846500400"),
        ("08.465.004.00", "+46846500400"),
        ("tel:+46-8-465-004-00", "+46846500400"),
        ("TEL:08-46500400", "+46846500400"),
        ("\u00a008\u00a0465\u202f004\u200900 ", "+46846500400"),
        ("08\u2011465 004 00", "+46846500400"),
        ("08\u2013465 004 00", "+46846500400"),
        ("08\u2212465 004 00", "+46846500400"),
        ("\u202d+46846500400\u202c", "+46846500400"),
        ("08\u00ad465\u200b004\ufeff00", "+46846500400"),
        ("\uff10\uff18-\uff14\uff16\uff15 004 00", "+46846500400"),
        ("\uff0b46846500400", "+46846500400"),
        ("0980-31 92 00", "+46980319200"),
        ("010-206 92 00", "+46102069200"),
        ("0770-33 33 33", "+46770333333"),
        ("0200-12 34 56", "+46200123456"),
        ("+44 (0)1632 960123", "+441632960123"),
        ("+39 06 1234 5678", "+390612345678"),
        ("+47 22 12 34 56", "+4722123456"),
    ],
)
def test_a_number_is_taken_as_people_write_it(written: str, number: str) -> None:
    assert parse_number(written) == number


@pytest.mark.parametrize("number", ["+46846500400", "+46701740605", "+390612345678", "+441632960123"])
def test_a_number_that_was_taken_once_is_taken_as_it_is(number: str) -> None:
    assert parse_number(number) == number


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("08/465 004 00", "“/” (U+002F) in place 3"),
        ("08-465 004 00, 070-174 06 05", "“,” (U+002C) in place 14"),
        ("08-465 004 00 Anna", "“A” (U+0041) in place 15"),
        ("08-465\n004 00", "(U+000A) in place 7"),
        ("08-4\x00", "(U+0000)"),
        ("٠٨٤٦٥٠٠٤٠٠", "“٠” (U+0660) in place 1"),
        ("08-465 004 0²", "“²” (U+00B2)"),
        ("08-465 004 0⑫", "“⑫” (U+246B)"),
        ("8+46500400", "“+” (U+002B) in place 2"),
        ("4,67E+10", "“,” (U+002C)"),
        ("PJSIP/08@trunk", "“P” (U+0050) in place 1"),
    ],
)
def test_the_character_that_no_number_has_is_named_with_its_place(written: str, fault: str) -> None:
    with pytest.raises(NumberError, match="holds digits only") as refused:
        parse_number(written)
    assert fault in str(refused.value)


@pytest.mark.parametrize(
    "written",
    [
        "08-465 004 00 ankn 12",
        "08-465 004 00 ankn.12",
        "08-465 004 00, anknytning: 12",
        "08-465 004 00 ext 12",
        "08-465 004 00x12",
        "08-465 004 00 #12",
        "+46-8-465-004-00;ext=12",
        "tel:+46-8-465-004-00;EXT=12",
    ],
)
def test_an_extension_behind_a_switchboard_is_refused_by_name_and_never_dropped(written: str) -> None:
    with pytest.raises(NumberError, match=r"an extension \(12\) cannot be dialled: give the direct number") as refused:
        parse_number(written)
    assert (refused.value.fault, refused.value.data) == (NumberFault.EXTENSION, {"extension": "12"})


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("112", "112"),
        ("113 13", "11313"),
        ("116 117", "116117"),
        ("0112", "112"),
        ("+46112", "112"),
        ("1177", "1177"),
        ("11414", "11414"),
        ("90 000", "90000"),
        ("+4690000", "90000"),
        ("+4611414", "11414"),
        ("+46116117", "116117"),
        ("116 000", "116000"),
        ("118 118", "118118"),
        ("90 160", "90160"),
    ],
)
def test_a_short_number_is_refused_as_one(written: str, digits: str) -> None:
    with pytest.raises(NumberError, match=rf"^{digits} is a short number"):
        parse_number(written)


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("46701740605", "begins with"),
        ("701740605", "begins with"),
        ("", "holds digits"),
        ("+", "holds digits"),
        ("tel:", "holds digits"),
        ("+46 8 46", "fewer digits"),
        ("+46 8 465 004 00 070 174", "more digits"),
        ("08-465 004 00 070-174 06 05", "more digits|15 digits"),
        ("+999 123 456 78", "no such country code"),
        ("0" * 60, "at most 15"),
        ("0" * 30, "country code|digits"),
    ],
)
def test_what_is_no_whole_number_is_refused_with_the_fault(written: str, fault: str) -> None:
    with pytest.raises(NumberError, match=fault):
        parse_number(written)


def test_no_way_of_writing_gives_a_zero_after_the_swedish_country_code() -> None:
    for national_part in ("8465 004 00", "701740605", "313900600", "980319200", "112", "900123456", "00846500400"):
        for before in ("+46 (0)", "+460", "0046(0)", "00460", "+46 0 0", "0"):
            try:
                number = parse_number(before + national_part)
            except NumberError:
                continue
            assert not number.startswith("+460"), (before, national_part)


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("+4685555555", "08-555 55 55"),
        ("+46846500400", "08-465 004 00"),
        ("+46313906000", "031-390 60 00"),
        ("+46980319200", "0980-31 92 00"),
        ("+4617612345", "0176-123 45"),
        ("+46701740605", "070-174 06 05"),
        ("+46102069200", "010-206 92 00"),
        ("+46771123456", "0771-12 34 56"),
        ("+46770333333", "0770-33 33 33"),
        ("+46200123456", "0200-12 34 56"),
        ("+4620123456", "020-12 34 56"),
        ("+4722123456", "+47 22 12 34 56"),
        ("+441632960123", "+44 1632 960123"),
        ("?", "?"),
        ("", ""),
        ("Anonymous", "Anonymous"),
    ],
)
def test_a_number_is_written_as_people_say_it(number: str, written: str) -> None:
    assert national(number) == written


@pytest.mark.parametrize("written", ["0900-123 45 67", "0939-100 00 00", "0944-123 45 67", "0900-000 00 00"])
def test_a_number_that_costs_its_caller_is_known(written: str) -> None:
    assert is_premium(parse_number(written))


@pytest.mark.parametrize("written", ["08-465 004 00", "070-174 06 05", "0770-33 33 33", "020-12 34 56", "090-71 21 00"])
def test_other_numbers_cost_nothing_more(written: str) -> None:
    assert not is_premium(parse_number(written))


def test_a_trunk_calls_such_a_number_only_where_its_settings_say_so() -> None:
    careful, free = TrunkPolicy(TrunkName("a")), TrunkPolicy(TrunkName("b"), premium=True)
    assert (careful.may_call("+469001234567"), free.may_call("+469001234567")) == (False, True)
    assert careful.may_call("+46846500400")
    assert not free.may_call("+47900123456")


def test_a_function_with_nothing_but_such_a_number_is_not_called_and_the_board_says_why() -> None:
    story = Story()
    story.opens()
    story.activates([("+469391000000",), ("+46846500400",)])
    assert story.dialled() == ["+46846500400"]
    assert story.target(0).state is TargetState.UNREACHABLE
    assert english(story.target(0).reason) == "a premium number, which no trunk may call"


def test_our_own_number_is_known_in_every_form_that_a_trunk_may_write() -> None:
    assert dialled_forms("+4685555555") == ("+4685555555", "4685555555", "004685555555", "085555555")
    assert dialled_forms("+4722123456") == ("+4722123456", "4722123456", "004722123456")


def test_a_text_that_is_longer_than_any_number_is_written_is_refused_unread() -> None:
    assert parse_number("08-465 004 00".ljust(40)) == "+46846500400"
    with pytest.raises(NumberError, match="at most"):
        parse_number("08-465 004 00".ljust(41))


FICTION = [
    *(f"+463139060{number:02}" for number in range(100)),
    *(f"+464062804{number:02}" for number in range(100)),
    *(f"+468465004{number:02}" for number in range(100)),
    *(f"+46980319{number:03}" for number in range(200, 300)),
    *(f"+467017406{number:02}" for number in range(5, 100)),
]
"""The ranges that PTS reserves for fiction: 031-390 60, 040-628 04, 08-465 004, 0980-319 2 and 070-174 06."""


def spellings(number: str) -> list[str]:
    """An E.164 number as people and machines write it."""
    digits = number.removeprefix("+46")
    return [
        *dialled_forms(number)[::2],
        national(number),
        f"0{digits}",
        f"+46 (0){digits}",
        f"+460{digits}",
        f"0046(0){digits}",
        f"tel:{number}",
        "\u202a" + "\u00a0".join(f"0{digits}") + "\u202c",
        "".join(chr(ord(digit) + 0xFEE0) for digit in f"0{digits}"),
    ]


def test_every_number_of_the_ranges_for_fiction_is_taken_in_every_spelling() -> None:
    assert len(set(FICTION)) == 495
    for number in FICTION:
        assert {parse_number(written) for written in spellings(number)} == {number}
        assert not is_premium(number)


def test_every_number_of_the_ranges_for_fiction_is_shown_in_groups() -> None:
    for number in FICTION:
        assert re.fullmatch(r"0[0-9]{1,3}-[0-9]{2,3}( [0-9]{2,3}){1,2}", national(number)), number


TEXTS = st.one_of(
    st.text(max_size=45),
    st.text(alphabet="0123456789 +-().\u00a0/#xe", max_size=30),
    st.builds(
        lambda before, digits, after: before + digits + after,
        st.sampled_from(
            ["", "0", "00", "+", "+46", "+46 (0)", "0046", "tel:+", "+460", "+46 0 0", "+39 0", "0900", "077"]
        ),
        st.text(alphabet="0123456789 -", min_size=1, max_size=16),
        st.sampled_from(["", "", "", " ankn 12", "#1", ";ext=7", " Anna"]),
    ),
)


def read(parse: Callable[[str], str], text: str) -> str | NumberError:
    try:
        return parse(text)
    except NumberError as refused:
        return refused


@settings(deadline=None)  # the plan of each country is read at its first number
@given(TEXTS)
@example("0100000")
@example("+46 0 0 8465 004 00")
@example("00" * 20)
@example("+46" + "0" * 15)
def test_any_text_gives_a_number_that_stays_what_it_is_or_a_refusal_that_names_why(text: str) -> None:
    number = read(parse_number, text)
    if isinstance(number, NumberError):
        assert number.fault in NumberFault
        assert str(number)
        return
    assert re.fullmatch(r"\+[1-9][0-9]{4,14}", number)
    assert not number.startswith("+460")
    assert parse_number(number) == number
    assert parse_number(national(number)) == number
    assert parse_number(f"00{number.removeprefix('+')}") == number


@settings(deadline=None)
@given(TEXTS)
@example("+46 0")
@example("00")
def test_any_text_gives_a_prefix_that_a_number_can_have_or_a_refusal(text: str) -> None:
    prefix = read(parse_prefix, text)
    if isinstance(prefix, NumberError):
        assert str(prefix)
        return
    assert re.fullmatch(r"\+[1-9][0-9]{0,14}", prefix)
    assert not prefix.startswith("+460")
    assert parse_prefix(prefix) == prefix


@pytest.mark.parametrize("number", ["+46846500400", "+46701740605", "+4722123456"])
def test_a_number_begins_with_each_of_its_own_prefixes(number: str) -> None:
    for length in range(2, len(number)):
        assert number.startswith(parse_prefix(number[:length]))


def test_every_fault_can_be_told_from_the_others() -> None:
    written = {
        "0" * 41: NumberFault.LONG_TEXT,
        "08/465": NumberFault.STRAY_CHARACTER,
        "08-465 004 00 ankn 1": NumberFault.EXTENSION,
        "+": NumberFault.NO_DIGITS,
        "112": NumberFault.SHORT_NUMBER,
        "46701740605": NumberFault.NO_CODE,
        "+999 123 456": NumberFault.NO_SUCH_COUNTRY,
        "+46 8 46": NumberFault.TOO_SHORT,
        "+46 8 465 004 00 070 174": NumberFault.TOO_LONG,
    }
    found = {}
    for text in written:
        with pytest.raises(NumberError) as refused:
            parse_number(text)
        found[text] = refused.value.fault
    assert found == written


@given(st.from_regex(r"[1-9][0-9]{5,9}", fullmatch=True))
@example("6491234567")
@example("991234567")
@example("701740605")
def test_a_swedish_number_is_premium_where_the_whole_plan_says_so(digits: str) -> None:
    parsed = plan.parse(f"+46{digits}")
    is_one = plan.number_type(parsed) == plan.PhoneNumberType.PREMIUM_RATE or digits[:3] in ("900", "939", "944")
    assert is_premium(f"+46{digits}") is is_one


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from(("0", "+46", "+46 ", "+46-")),
    st.from_regex(r"[1-9](?:[ -]?[0-9]){6,8}", fullmatch=True),
)
@pytest.mark.slow
def test_a_plain_swedish_number_is_read_without_the_library_as_the_library_reads_it(prefix: str, digits: str) -> None:
    """A no-break space is a gap to the library's way alone."""
    quickly = parse_number(prefix + digits)
    assert parse_number("\u00a0" + prefix + digits) == quickly
