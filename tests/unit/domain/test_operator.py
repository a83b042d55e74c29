"""`#9`: somebody in a meeting calls the operator in."""

from dataclasses import replace

from bridge.domain.callout import prompts
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.conference.records import Role
from bridge.domain.kernel import phrases
from bridge.domain.kernel.ids import ChannelId
from bridge.domain.kernel.policy import Policy
from bridge.domain.telephony.events import MixJoined
from tests.harness.story import MIX, TRUNK, Story

ANNA, BO = ChannelId("anna"), ChannelId("bo")
FUNCTION, OPERATOR = "+46701740605", "+46846500499"
FIGURES = CalloutPolicy(trunks=(TrunkPolicy(name=TRUNK, calls_per_s=0, channels=100),), operator_number=OPERATOR)


def meeting(figures: CalloutPolicy = FIGURES) -> Story:
    story = Story(Policy(figures))
    story.opens()
    story.joins(ANNA)
    story.joins(BO, Role.LISTENER)
    story.forget_effects()
    return story


def comes_in(story: Story, number: str) -> ChannelId:
    line = story.answers(number)
    story.keys(line, "1")
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))
    return line


def test_the_operator_is_rung_into_the_meeting_as_operator() -> None:
    story = meeting()
    story.keys(ANNA, "#9")
    assert story.said_to(ANNA) == [prompts.OPERATOR_CALLED]
    assert story.dialled() == [OPERATOR]
    line = comes_in(story, OPERATOR)
    assert story.said_to(line)[0] == prompts.CALLOUT_OPERATOR
    assert (story.who(line).role, story.who(line).name) == (Role.OPERATOR, "Operatör")
    assert story.reply is None or getattr(story.reply, "subject", None) != story.activation.id


def test_the_operator_hears_which_function_asked() -> None:
    story = meeting()
    story.activates([(FUNCTION,)])
    asker = comes_in(story, FUNCTION)
    story.keys(asker, "#9")
    line = comes_in(story, OPERATOR)
    assert story.said_to(line)[-2:] == [prompts.OPERATOR_ASKED_BY, phrases.spoken("Kommun 0 TiB 0")]


def test_asked_for_twice_the_operator_is_rung_once() -> None:
    story = meeting()
    story.keys(ANNA, "#9")
    story.keys(BO, "#9")
    assert story.dialled() == [OPERATOR]
    assert story.said_to(BO) == [prompts.OPERATOR_CALLED]


def test_an_operator_who_is_here_is_not_rung_again() -> None:
    story = meeting()
    story.keys(ANNA, "#9")
    comes_in(story, OPERATOR)
    story.keys(BO, "#9")
    assert story.said_to(BO) == [prompts.OPERATOR_HERE]
    assert story.dialled() == [OPERATOR]


def test_an_operator_who_cannot_be_reached_is_told_to_the_person_who_asked() -> None:
    story = meeting()
    story.keys(ANNA, "#9")
    story.call_ends(OPERATOR, 17)
    story.passes(1)
    assert story.said_to(ANNA) == [prompts.OPERATOR_CALLED, prompts.OPERATOR_NOT_REACHED]
    story.keys(ANNA, "#9")
    assert story.dialled() == [OPERATOR, OPERATOR]


def test_without_an_operator_the_key_says_so() -> None:
    story = meeting(replace(FIGURES, operator_number=""))
    story.keys(ANNA, "#9")
    assert story.said_to(ANNA) == [prompts.OPERATOR_NONE]
    assert story.dialled() == []
