"""Start once: one wish opens the conference and calls the list out to it, wholly or not at all."""

from dataclasses import replace

from bridge.domain.callout.commands import CallOut, NewTarget, StartActivation
from bridge.domain.callout.records import Activation
from bridge.domain.conference.commands import OpenConference
from bridge.domain.conference.records import CONFERENCES, Conference
from bridge.domain.kernel.ids import ActivationId, ConferenceId, MixId, TargetId
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.telephony.effects import Dial
from tests.harness.story import Story

TARGET = NewTarget(TargetId("tgt-1"), "TiB", "Kommun", ("+46846500401",))


def wish(number: int, *targets: NewTarget, key: str = "storm") -> CallOut:
    """What a client asks for; each time with ids of its own."""
    conference = ConferenceId(f"cnf-{number}")
    opening = OpenConference(conference, MixId(f"mix-{number}"), "Storm", "+4685555555")
    start = StartActivation(ActivationId(f"act-{number}"), key, conference, "Regional", targets, list_id="regional")
    return CallOut(opening, start)


def test_the_conference_is_opened_and_the_list_is_rung_in_one_commit() -> None:
    story = Story()
    assert story.asks(wish(1, TARGET)) == Done("act-1")
    assert {type(record) for record in story.records} >= {Conference, Activation}
    assert story.dialled() == ["+46846500401"]
    assert story.activation.conference == "cnf-1"


def test_the_same_key_again_opens_nothing_and_rings_nobody() -> None:
    story = Story()
    story.asks(wish(1, TARGET))
    story.forget_effects()
    assert story.asks(wish(2, replace(TARGET, id=TargetId("tgt-2")))) == Done("act-1")
    assert list(story.node[CONFERENCES]) == ["cnf-1"]
    assert story.done(Dial) == []


def test_what_is_refused_opens_nothing() -> None:
    story = Story()
    refused = story.asks(wish(1))
    assert isinstance(refused, Refused)
    assert (refused.code, refused.field) == ("invalid", "targets")
    assert story.node[CONFERENCES] == {}
    assert story.records == []


def test_the_same_list_to_a_new_conference_is_a_new_call_out() -> None:
    story = Story()
    story.asks(wish(1, TARGET))
    assert story.asks(wish(2, replace(TARGET, id=TargetId("tgt-2")), key="snow")) == Done("act-2")
    assert list(story.node[CONFERENCES]) == ["cnf-1", "cnf-2"]
