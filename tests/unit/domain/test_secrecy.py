"""A conference where secrecy applies: everybody hears so, the door is locked, and no talkgroup is patched."""

from dataclasses import replace

from bridge.domain.conference import prompts
from bridge.domain.conference.commands import LockConference, OpenConference
from bridge.domain.conference.effects import LookUpCode
from bridge.domain.conference.reasons import ConferenceReason
from bridge.domain.conference.records import CONFERENCES, Door, Role, Secrecy
from bridge.domain.kernel.ids import ChannelId, ConferenceId
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.radio.commands import AddPatch
from bridge.domain.radio.reasons import PatchReason
from bridge.domain.telephony.events import CallArrived
from tests.harness.story import CONFERENCE, GROUP, MIX, PATCH, RADIO_VOICE, TERMINAL, TRUNK, Story

SECRET = OpenConference(CONFERENCE, MIX, "Lägesbild", "+4685555555", secrecy=Secrecy.SECRET)
PATCHING = AddPatch(CONFERENCE, PATCH, RADIO_VOICE, TERMINAL, GROUP, "Ledning")


def secret(command: OpenConference = SECRET) -> Story:
    story = Story()
    assert isinstance(story.asks(command), Done)
    return story


def test_the_door_is_locked_from_the_start_and_a_host_comes_in_and_hears_that_secrecy_applies() -> None:
    story = secret()
    line = story.calls("anna")
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    assert story.present() == []
    story.joins("host", Role.HOST)
    assert prompts.ENTRY_SECRET in story.said_to("host")


def test_who_is_let_in_hears_that_secrecy_applies_and_in_an_open_meeting_nobody_does() -> None:
    story = secret()
    story.asks(LockConference(CONFERENCE, False))
    story.joins("anna")
    assert prompts.ENTRY_SECRET in story.said_to("anna")
    other = Story()
    other.opens()
    other.joins("anna")
    assert prompts.ENTRY_SECRET not in other.said_to("anna")


def test_one_who_is_called_out_hears_it_after_the_key_and_not_before() -> None:
    story = secret()
    story.activates([("+4684650042",)])
    line = story.answers("+4684650042")
    assert prompts.ENTRY_SECRET not in story.said_to(line)
    story.keys(line, "1")
    assert prompts.ENTRY_SECRET in story.said_to(line)


def test_a_waiting_room_takes_the_place_of_the_lock() -> None:
    story = secret(replace(SECRET, door=Door(waiting_room=True)))
    assert not story.conference.locked


def test_no_talkgroup_is_patched_into_it() -> None:
    story = secret()
    assert story.asks(PATCHING) == Refused("not_allowed", PatchReason.UNDER_SECRECY(), "conference")


def test_national_security_is_refused_with_the_reason_and_nothing_is_opened() -> None:
    story = Story()
    reply = story.asks(replace(SECRET, secrecy=Secrecy.NATIONAL))
    assert reply == Refused("invalid", ConferenceReason.NATIONAL_SECURITY(), "secrecy")
    assert not story.node[CONFERENCES]


def test_callers_of_the_emergency_room_are_not_put_into_it() -> None:
    story = secret(replace(SECRET, emergency=True))
    story.asks(LockConference(CONFERENCE, False))
    story.happens(CallArrived(story.now_s, ChannelId("anna"), "+4685555555", "+46701740605", TRUNK, rescued=True))
    assert story.who("anna").conference != CONFERENCE
    assert not story.done(LookUpCode)


def test_the_label_outlives_a_restart() -> None:
    fresh = secret().restarted()
    assert fresh.node[CONFERENCES][ConferenceId(CONFERENCE)].secrecy is Secrecy.SECRET
    fresh.is_over = True
