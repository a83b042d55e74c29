"""A telephone number is taken as people write it, or refused with what is wrong; it is never called wrongly."""

import pytest

from bridge.domain.ids import TrunkName
from bridge.domain.model import TargetState, TrunkPolicy
from bridge.domain.numbers import NumberError, dialled_forms, is_premium, national, parse_number
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
        ("08-465 004 00 ankn 12", "“a” (U+0061) in place 15"),
        ("+46-8-465-004-00;ext=1", "“;” (U+003B)"),
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
        ("+4712345678", "+4712345678"),
        ("?", "?"),
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
    assert story.target(0).reason == "no trunk may call this number"


def test_our_own_number_is_known_in_every_form_that_a_trunk_may_write() -> None:
    assert dialled_forms("+4685555555") == ("+4685555555", "4685555555", "004685555555", "085555555")
    assert dialled_forms("+4722123456") == ("+4722123456", "4722123456", "004722123456")


def test_a_text_that_is_longer_than_any_number_is_written_is_refused_unread() -> None:
    assert parse_number("08-465 004 00".ljust(40)) == "+46846500400"
    with pytest.raises(NumberError, match="at most"):
        parse_number("08-465 004 00".ljust(41))
