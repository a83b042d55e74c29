"""Start once: one wish opens the conference and calls the list out to it, wholly or not at all."""

from dataclasses import replace

from bridge.domain import commands as c
from bridge.domain import effects as do
from bridge.domain.ids import ActivationId, ConferenceId, MixId, TargetId
from bridge.domain.model import Activation, Conference
from tests.harness.story import Story

TARGET = c.NewTarget(TargetId("tgt-1"), "TiB", "Kommun", ("+46846500401",))


def wish(number: int, *targets: c.NewTarget, key: str = "storm") -> c.CallOut:
    """What a client asks for; each time with ids of its own."""
    conference = ConferenceId(f"cnf-{number}")
    opening = c.OpenConference(conference, MixId(f"mix-{number}"), "Storm", "+4685555555")
    start = c.StartActivation(ActivationId(f"act-{number}"), key, conference, "Regional", targets, list_id="regional")
    return c.CallOut(opening, start)


def test_the_conference_is_opened_and_the_list_is_rung_in_one_commit() -> None:
    story = Story()
    assert story.asks(wish(1, TARGET)) == c.Done("act-1")
    assert {type(record) for record in story.records} >= {Conference, Activation}
    assert story.dialled() == ["+46846500401"]
    assert story.activation.conference == "cnf-1"


def test_the_same_key_again_opens_nothing_and_rings_nobody() -> None:
    story = Story()
    story.asks(wish(1, TARGET))
    story.forget_effects()
    assert story.asks(wish(2, replace(TARGET, id=TargetId("tgt-2")))) == c.Done("act-1")
    assert list(story.node.conferences) == ["cnf-1"]
    assert story.done(do.Dial) == []


def test_what_is_refused_opens_nothing() -> None:
    story = Story()
    refused = story.asks(wish(1))
    assert isinstance(refused, c.Refused)
    assert (refused.code, refused.field) == ("invalid", "targets")
    assert story.node.conferences == {}
    assert story.records == []


def test_the_same_list_to_a_new_conference_is_a_new_call_out() -> None:
    story = Story()
    story.asks(wish(1, TARGET))
    assert story.asks(wish(2, replace(TARGET, id=TargetId("tgt-2")), key="snow")) == c.Done("act-2")
    assert list(story.node.conferences) == ["cnf-1", "cnf-2"]
