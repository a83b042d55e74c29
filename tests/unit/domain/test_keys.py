"""The keys of a telephone in a meeting: commands by role, the help that is made of them, and questions."""

from collections.abc import Callable
from functools import partial

import pytest

from bridge.ari.config import templates_dir
from bridge.ari.prompts import read_script
from bridge.domain.conference import prompts, questions
from bridge.domain.conference.passing import ASKED
from bridge.domain.conference.policy import ConferencePolicy
from bridge.domain.conference.records import Role, Seat
from bridge.domain.kernel.ids import ChannelId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import Manner, Prompt
from bridge.domain.kernel.step import Step
from bridge.domain.step import KEYS
from bridge.domain.telephony.effects import Whisper
from tests.harness.story import Story

HOST, ANNA = ChannelId("host"), ChannelId("anna")
FIRST, SECOND = Prompt("question/first"), Prompt("question/second")
WITHIN_S = 20.0
SPOKEN_KEYS = {
    Language.SV: "noll ett två tre fyra fem sex sju åtta nio stjärna fyrkant",
    Language.EN: "zero one two three four five six seven eight nine star hash",
}


def meeting() -> Story:
    story = Story()
    story.opens()
    story.joins(HOST, Role.HOST)
    story.joins(ANNA)
    story.forget_effects()
    return story


# --- commands ---


def test_a_starter_after_a_starter_that_is_no_command_begins_anew() -> None:
    story = meeting()
    story.keys(ANNA, "##")
    assert story.said_to(ANNA) == []
    story.keys(ANNA, "*")
    assert story.said_to(ANNA)[-1] == prompts.HELP_HASH_STAR


def test_a_hosts_command_of_two_starters_begins_nothing_at_another_telephone() -> None:
    story = meeting()
    story.keys(ANNA, "*#*6")
    assert story.who(ANNA).muted


@pytest.mark.parametrize("starter", ["*", "#"])
def test_a_starter_alone_lapses(starter: str) -> None:
    story = meeting()
    story.keys(ANNA, starter)
    story.passes(story.policy[ConferencePolicy].key_pause_s + 0.1)
    story.keys(ANNA, "*6")
    assert story.who(ANNA).muted


def test_a_code_keyed_once_more_begins_no_command_with_its_hash() -> None:
    story = meeting()
    story.keys(HOST, "12345678#*")
    story.keys(HOST, "8")
    assert story.conference.locked, "the star is a starter again"
    assert prompts.HELP_HASH_STAR not in story.said_to(HOST)


def test_after_a_pause_a_hash_is_a_starter_again() -> None:
    story = meeting()
    story.keys(HOST, "12345678")
    story.passes(story.policy[ConferencePolicy].key_pause_s + 0.1)
    story.keys(HOST, "#*")
    assert story.said_to(HOST)[-1] == prompts.HELP_HASH_STAR


def test_several_presses_without_a_pause_are_each_counted_once() -> None:
    story = meeting()
    story.keys(ANNA, "*6*6*6")
    assert story.said_to(ANNA) == [prompts.MUTED, prompts.UNMUTED, prompts.MUTED]


# --- the spoken help ---


def help_of(role: Role, keys: str) -> list[str]:
    story = Story()
    story.opens()
    story.joins(ANNA, role)
    story.forget_effects()
    story.keys(ANNA, keys)
    return [one.removeprefix("help/") for one in story.said_to(ANNA)]


def test_the_help_names_the_keys_of_ones_role_in_the_order_of_the_telephone() -> None:
    assert help_of(Role.PARTICIPANT, "**") == ["star-5", "star-6", "star-0", "star-star", "hash-star"]
    assert help_of(Role.HOST, "**") == [
        *(f"star-{digit}" for digit in "1234567890"),
        "star-hash",
        "star-star",
        "hash-star",
    ]


def test_the_keys_that_begin_with_a_hash_have_a_help_of_their_own() -> None:
    assert help_of(Role.PARTICIPANT, "#*")[-1] == "hash-star"
    assert all(one.startswith("hash-") for one in help_of(Role.HOST, "#*"))


def read_outs(story: Story) -> list[bool]:
    """Whether each read-out has words, or ends the one before."""
    whispers = [one for one in story.done(Whisper) if one.channel == ANNA and one.manner is Manner.READ_OUT]
    return [bool(one.prompts) for one in whispers]


def test_any_key_ends_the_help_once() -> None:
    story = meeting()
    story.keys(ANNA, "**")
    assert read_outs(story) == [True]
    story.keys(ANNA, "7")
    assert read_outs(story) == [True, False]
    story.keys(ANNA, "7*6")
    assert read_outs(story) == [True, False]


@pytest.mark.parametrize("language", list(Language))
def test_the_help_on_a_key_begins_with_the_keys_to_press(language: Language) -> None:
    texts = read_script(templates_dir() / "prompts", language).texts
    names = dict(zip("0123456789*#", SPOKEN_KEYS[language].split(), strict=True))
    for key in KEYS:
        pressed = " ".join(names[digit] for digit in key.sequence)
        assert texts[key.said].lower().startswith((f"{pressed}:", f"{pressed},")), key.sequence


# --- questions ---


def asks(story: Story, prompt: Prompt, told: list[str], topic: str = "one") -> bool:
    """Anna is asked: 1 is yes, 2 is no."""

    def heard(what: str) -> Callable[[Step, Seat], None]:
        return lambda _step, _seat: told.append(what)

    return story.follows(
        partial(
            questions.ask,
            seat=story.who(ANNA),
            prompts=(prompt,),
            answers={"1": heard(f"{topic} yes"), "2": heard(f"{topic} no")},
            otherwise=heard(f"{topic} nothing"),
            within_s=WITHIN_S,
            topic=topic,
        )
    )


def test_a_single_key_answers_the_question_that_stands_and_no_other_time() -> None:
    story, told = meeting(), list[str]()
    story.keys(ANNA, "1")
    assert asks(story, FIRST, told)
    assert story.said_to(ANNA) == [FIRST]
    story.keys(HOST, "1")
    story.keys(ANNA, "9")
    assert told == []
    story.keys(ANNA, "2")
    assert told == ["one no"]
    story.keys(ANNA, "1")
    story.passes(2 * WITHIN_S)
    assert told == ["one no"]


def test_a_command_goes_on_working_while_a_question_stands_and_does_not_answer_it() -> None:
    story, told = meeting(), list[str]()
    asks(story, FIRST, told)
    story.keys(ANNA, "*6*1")
    assert story.who(ANNA).muted
    assert told == []
    story.keys(ANNA, "1")
    assert told == ["one yes"]


def test_a_question_without_an_answer_ends_at_its_time() -> None:
    story, told = meeting(), list[str]()
    asks(story, FIRST, told)
    story.passes(WITHIN_S - 0.1)
    assert told == []
    story.passes(0.2)
    assert told == ["one nothing"]
    story.keys(ANNA, "1")
    assert told == ["one nothing"]


def test_a_question_ends_when_the_person_leaves() -> None:
    story, told = meeting(), list[str]()
    asks(story, FIRST, told)
    asks(story, SECOND, told, "two")
    story.hangs_up(ANNA)
    assert told == ["one nothing", "two nothing"]
    assert not story.node[ASKED]
    story.passes(2 * WITHIN_S)
    assert told == ["one nothing", "two nothing"]


def test_the_next_question_waits_for_the_end_of_the_first_and_has_its_whole_time() -> None:
    story, told = meeting(), list[str]()
    asks(story, FIRST, told)
    asks(story, SECOND, told, "two")
    assert story.said_to(ANNA) == [FIRST]
    story.passes(WITHIN_S + 1)
    assert (told, story.said_to(ANNA)) == (["one nothing"], [FIRST, SECOND])
    story.passes(WITHIN_S - 2)
    story.keys(ANNA, "1")
    assert told == ["one nothing", "two yes"]


def test_a_question_asked_again_takes_the_place_of_the_first() -> None:
    story, told = meeting(), list[str]()
    asks(story, FIRST, told)
    story.passes(WITHIN_S - 1)
    assert asks(story, SECOND, told), "who asks is told that it is asked"
    story.passes(WITHIN_S - 1)
    story.keys(ANNA, "1")
    assert told == ["one yes"]
    story.passes(2 * WITHIN_S)
    assert told == ["one yes"]


def test_a_question_that_is_withdrawn_has_no_answer_and_the_next_is_put() -> None:
    story, told = meeting(), list[str]()
    for topic in ("one", "two", "three"):
        asks(story, FIRST, told, topic)
    anna = story.who(ANNA).id
    for topic in ("two", "one", "nobody's"):
        story.follows(partial(questions.withdraw, participant=anna, topic=topic))
    story.keys(ANNA, "1")
    assert told == ["three yes"]
    assert story.said_to(ANNA) == [FIRST, FIRST]


def test_somebody_with_too_many_questions_or_who_is_not_there_is_not_asked() -> None:
    story, told = meeting(), list[str]()
    asked = [asks(story, FIRST, told, str(number)) for number in range(questions.MOST_WAITING + 2)]
    assert asked == [True] * (questions.MOST_WAITING + 1) + [False]
    anna = story.who(ANNA)
    story.hangs_up(ANNA)
    told.clear()
    gone = [one for one in story.records if isinstance(one, Seat) and one.id == anna.id][-1]
    late = partial(questions.ask, seat=gone, prompts=(FIRST,), answers={}, within_s=1.0, topic="late")
    assert not story.follows(partial(late, otherwise=lambda _step, _seat: told.append("late")))
    assert told == []
