"""The words: complete in both languages, in the right language, and never a fault at run time."""

import importlib
import re
from pathlib import Path

import pytest

import bridge
import hardware
from bridge import words
from bridge.api.problems import STATUS_OF_REFUSAL, STATUSES
from bridge.domain.callout.records import ActivationState
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import EVIDENCE, GeneralReason, Reason, ReasonCode
from bridge.engine.reasons import EngineReason
from bridge.rakel.reasons import CommandReason, SelectReason, TerminalReason
from bridge.service.orders import desk
from bridge.storage.reasons import StorageReason
from tests.harness.tongues import english_in

SV, EN = Language.SV, Language.EN
ROOTS = tuple(Path(str(package.__file__)).parent for package in (bridge, hardware))
"""The program, and the simulator beside it."""
_HOLE = re.compile(r"\{(\w+)(?::(\w+)|\|[^|{}]*\|[^|{}]*)?\}")


def every_code() -> list[ReasonCode]:
    """Of every enumeration in the program and the simulator."""
    for root in ROOTS:
        for path in root.rglob("*.py"):
            if "(ReasonCode)" in path.read_text(encoding="utf-8"):
                importlib.import_module(".".join(path.relative_to(root.parent).with_suffix("").parts))
    return [code for kind in ReasonCode.__subclasses__() for code in kind]


def every_text() -> list[tuple[Language, str, str, str]]:
    return [
        (language, name, key, text)
        for language in Language
        for name, table in words.sections(language).items()
        for key, text in table.items()
    ]


def test_both_languages_have_the_same_entries_and_none_is_empty() -> None:
    keys = [{(name, key) for language, name, key, _ in every_text() if language is one} for one in Language]
    assert keys[0] == keys[1]
    assert [(name, key) for _, name, key, text in every_text() if not text.strip()] == []


def test_both_languages_show_the_same_data() -> None:
    holes = {one: {} for one in Language}  # type: ignore[var-annotated]
    for language, name, key, text in every_text():
        holes[language][name, key] = {hole[1] for hole in _HOLE.finditer(text)}
    assert [key for key in holes[SV] if holes[SV][key] != holes[EN][key]] == []


def test_every_reason_has_words() -> None:
    assert len(every_code()) > 150, "the enumerations were found"
    lacking = [f"{language} {code}" for code in every_code() for language in Language if code not in _reasons(language)]
    assert lacking == []


def test_no_words_stand_there_without_a_reason() -> None:
    codes = {str(code) for code in every_code()}
    assert sorted(set(_reasons(SV)) - codes) == []
    assert sorted(set(words.section(SV, "remedy")) - codes) == []


def test_every_kind_of_refusal_and_every_status_has_words() -> None:
    assert set(STATUS_OF_REFUSAL) == set(words.section(SV, "problem")) - {"other"}
    assert {str(status) for status in STATUSES} == set(words.section(SV, "status"))


def test_an_order_by_radio_is_answered_by_every_text_that_is_there_for_it() -> None:
    named = set(re.findall(r'"([a-z_]+)"', Path(desk.__file__).read_text(encoding="utf-8")))
    of_states = {f"state_{state.value}" for state in ActivationState}
    assert set(words.section(SV, "order")) <= named | of_states
    assert of_states <= set(words.section(SV, "order"))


def test_the_words_of_a_reason_name_only_the_data_that_it_has() -> None:
    for code in every_code():
        for language in Language:
            shown = {hole[1] for hole in _HOLE.finditer(_reasons(language)[code])}
            assert shown <= set(code.names), f"{language} {code}"
            assert EVIDENCE not in shown, f"a device's own words are in no catalogue: {code}"


def test_no_two_reasons_share_a_code() -> None:
    codes = [str(code) for code in every_code()]
    assert sorted({code for code in codes if codes.count(code) > 1}) == []
    assert [code for code in codes if not re.fullmatch(r"[a-z][a-z0-9_]*", code)] == []


def test_every_section_that_a_text_asks_for_is_there() -> None:
    asked = {hole[2] for _, _, _, text in every_text() for hole in _HOLE.finditer(text) if hole[2]}
    assert asked <= set(words.sections(SV))


def test_no_english_word_is_in_the_swedish_catalogue() -> None:
    found = {f"{name}.{key}": english_in(text) for language, name, key, text in every_text() if language is SV}
    assert {key: english for key, english in found.items() if english} == {}


@pytest.mark.parametrize(
    "text",
    [
        "the terminal is away",
        "busy",
        "Terminalen svarar inte: check the cable",
        "offline: check the trunk's address, line and password",
    ],
)
def test_english_put_into_swedish_is_found(text: str) -> None:
    assert english_in(text)


def test_a_reason_is_said_with_its_data_in_both_languages() -> None:
    reason = SelectReason.REFUSED(gssi=2401, cause=CommandReason.CME_ERROR(code=34))
    assert words.say(reason, EN) == "talkgroup 2401 is refused: parameter out of range (+CME ERROR: 34)"
    assert words.say(reason, SV) == "talgrupp 2401 avvisas: parametern är utanför sitt område (+CME ERROR: 34)"


def test_what_has_no_value_is_left_out_where_the_text_allows_it() -> None:
    assert words.say(SelectReason.REFUSED(gssi=2401), SV) == "talgrupp 2401 avvisas"
    assert words.say(TerminalReason.NOT_READY(state="absent"), SV) == "ej ansluten"


def test_braces_in_what_somebody_else_wrote_are_no_hole() -> None:
    reason = Reason("line_not_there", (("lines", "{url} [x] {cause}"), ("url", "/dev/{lines}")))
    assert "/dev/{lines}: " in words.say(reason, EN)
    assert words.say(reason, EN).endswith(" Lines of this machine: {url} [x] {cause}")


def test_a_value_has_its_own_words_also_where_a_name_follows_it_or_it_is_unknown() -> None:
    assert words.say(GeneralReason.DEVICE_FAILED(device="terminal rakel-1"), SV).startswith("terminal rakel-1: ")
    assert words.say(GeneralReason.DEVICE_FAILED(device="spool disk"), SV).startswith("inspelningens disk: ")
    assert words.say(CommandReason.CME_ERROR(code=512), SV) == "tillverkarens eget fel (+CME ERROR: 512)"


def test_numbers_are_written_and_counted_as_the_language_does() -> None:
    assert words.say(StorageReason.CODES_SEALED_OTHERWISE(count=1), SV).startswith("koderna för 1 konferens ")
    assert words.say(StorageReason.CODES_SEALED_OTHERWISE(count=2), EN).startswith("the codes of 2 conferences ")
    assert words.word(SV, "order", "confirm_end", name="Möte", count=2, code="1234", minutes=2.5).count("2,5 min") == 1


def test_what_has_no_words_is_shown_as_code_and_data_and_counted() -> None:
    words.missing.clear()
    assert words.say(Reason("of_tomorrow", (("gssi", 2401),)), SV) == "of_tomorrow(gssi=2401)"
    assert words.say(EngineReason.TOO_SLOW(), SV).startswith("– händelser väntar")
    assert words.word(SV, "console", "of_tomorrow") == "of_tomorrow"
    assert words.missing.total() == 3
    words.missing.clear()


def test_a_sentence_of_before_is_shown_as_it_was() -> None:
    assert words.say(GeneralReason.LEGACY(text="the number {gssi} [is] busy"), SV) == "the number {gssi} [is] busy"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("sv", SV),
        ("en-GB,sv;q=0.5", EN),
        ("de, sv;q=0.4, en;q=0.8", EN),
        ("sv-FI;q=0.9, en;q=0.9", SV),
        ("en;q=0, sv", SV),
        ("en;q=x", SV),
        ("de", SV),
        ("", SV),
        (",;=,q", SV),
    ],
)
def test_the_best_language_of_ours_is_chosen(accepted: str, language: Language) -> None:
    assert words.negotiate(accepted, SV) is language


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({"LANG": "sv_SE.UTF-8"}, SV),
        ({"LANG": "sv_SE.UTF-8", "LC_ALL": "C"}, EN),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "sv_FI"}, SV),
        ({"LANG": "sv_SE.UTF-8", "LC_ALL": ""}, SV),
        ({"LANG": "svx"}, EN),
        ({}, EN),
    ],
)
def test_a_command_line_speaks_the_language_of_its_environment(variables: dict[str, str], language: Language) -> None:
    assert words.of_environment(variables) is language


def _reasons(language: Language) -> dict[str, str]:
    return dict(words.section(language, "reason"))
