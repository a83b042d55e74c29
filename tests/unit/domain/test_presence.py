"""`*4`: a host hears how many are here, and who."""

import pytest

from bridge.domain.conference import prompts as conference_prompts
from bridge.domain.conference.records import Role
from bridge.domain.kernel import phrases
from bridge.domain.kernel.ids import ChannelId
from bridge.domain.presence import prompts
from bridge.domain.presence.capability import MOST_NAMES
from bridge.domain.telephony.events import MixJoined
from tests.harness.story import MIX, Story


def told(story: Story) -> list[str]:
    """What the host hears at `*4`."""
    story.forget_effects()
    story.keys(ChannelId("host"), "*4")
    return list(story.said_to("host"))


def meeting_with(functions: int) -> Story:
    """A host who dialled in, and functions that were called out and are in."""
    story = Story()
    story.opens()
    story.joins("host", Role.HOST)
    numbers = [f"+46701740{605 + position}" for position in range(functions)]
    if numbers:
        story.activates([(number,) for number in numbers])
    for number in numbers:
        line = story.answers(number)
        story.keys(line, "1")
        story.prompt_ends(line)
        story.happens(MixJoined(story.now_s, line, MIX))
    return story


def test_a_host_hears_how_many_are_here_and_each_function_by_name() -> None:
    assert told(meeting_with(2)) == [
        phrases.number(3),
        prompts.PRESENCE_COUNT,
        prompts.PRESENCE_HOST,
        phrases.spoken("host"),
        phrases.spoken("Kommun 0 TiB 0"),
        phrases.spoken("Kommun 1 TiB 1"),
    ]


def test_telephones_of_which_no_function_is_known_are_counted_and_not_read_out() -> None:
    story = meeting_with(1)
    story.joins("+46701740699")
    said = told(story)
    assert said[-2:] == [phrases.number(1), prompts.PRESENCE_UNNAMED]
    assert not any("70174" in one for one in said)


def test_a_talkgroup_is_named() -> None:
    story = meeting_with(0)
    story.patches()
    assert told(story)[-1] == phrases.spoken(story.patch.name)


def test_nobody_has_to_listen_to_more_names_than_can_be_borne() -> None:
    said = told(meeting_with(MOST_NAMES + 2))
    assert said[-2:] == [phrases.number(2), prompts.PRESENCE_MORE]
    assert sum(one.startswith("spoken/") for one in said) == MOST_NAMES + 1


def test_the_key_answers_hosts_only() -> None:
    story = meeting_with(0)
    story.joins("guest")
    story.forget_effects()
    story.keys(ChannelId("guest"), "*4")
    assert story.said_to("guest") == [conference_prompts.KEY_OF_ANOTHER_ROLE]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("  Värmlands \n län ", "Värmlands län"),
        ("a\x00b\x1b[31m", "a b [31m"),
        ("å" * 200, "å" * phrases.LONGEST_SPOKEN),
    ],
)
def test_a_name_is_said_without_what_cannot_be_said(written: str, said: str) -> None:
    assert phrases.spoken_text(phrases.spoken(written)) == said
    assert phrases.spoken_text(prompts.PRESENCE_COUNT) is None
