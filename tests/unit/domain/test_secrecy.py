"""A conference where secrecy applies: everybody hears so, the door is locked, and no talkgroup is patched. Encrypted
trunks go before others."""

from dataclasses import replace

from bridge.domain.callout.commands import CallOut, NewTarget, StartActivation
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.reasons import CalloutReason
from bridge.domain.callout.records import ACTIVATIONS, TargetState
from bridge.domain.conference import prompts
from bridge.domain.conference.commands import LockConference, OpenConference
from bridge.domain.conference.effects import LookUpCode
from bridge.domain.conference.events import CodeResolved
from bridge.domain.conference.policy import ConferencePolicy
from bridge.domain.conference.reasons import ConferenceReason
from bridge.domain.conference.records import CONFERENCES, Door, Holder, Role, Secrecy
from bridge.domain.kernel import phrases
from bridge.domain.kernel.ids import ActivationId, ChannelId, ConferenceId, TargetId, TrunkName
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.presence import prompts as presence_prompts
from bridge.domain.radio.commands import AddPatch
from bridge.domain.radio.reasons import PatchReason
from bridge.domain.telephony.effects import Dial, HangUpLeg
from bridge.domain.telephony.events import CallArrived, MixJoined
from tests.harness.story import CONFERENCE, GROUP, MIX, PATCH, RADIO_VOICE, TERMINAL, TRUNK, Story

SECRET = OpenConference(CONFERENCE, MIX, "Lägesbild", "+4685555555", secrecy=Secrecy.SECRET)
PATCHING = AddPatch(CONFERENCE, PATCH, RADIO_VOICE, TERMINAL, GROUP, "Ledning")


PLAIN, SRTP = TRUNK, TrunkName("encrypted")
NUMBER, ABROAD = "+4684650042", "+4721556342"


def lines(*trunks: TrunkName, needs_encryption: bool = False) -> Policy:
    """A region with these trunks, the preferred one first. The encrypted one calls Swedish numbers alone."""
    reach = {PLAIN: ("+46", "+47"), SRTP: ("+46",)}
    return Policy(
        CalloutPolicy(trunks=tuple(TrunkPolicy(one, calls_per_s=0, prefixes=reach[one]) for one in trunks)),
        ConferencePolicy(encrypted_trunks=frozenset({SRTP} & set(trunks)), secrecy_needs_encryption=needs_encryption),
    )


def secret(command: OpenConference = SECRET, policy: Policy | None = None) -> Story:
    story = Story(policy)
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


# --- the lines ---


def trunks_used(story: Story) -> list[TrunkName]:
    return [one.trunk for one in story.done(Dial)]


def test_people_are_called_over_the_encrypted_trunk_although_another_is_preferred() -> None:
    story = secret(policy=lines(PLAIN, SRTP))
    story.activates([(NUMBER,)])
    assert trunks_used(story) == [SRTP]
    other = Story(lines(PLAIN, SRTP))
    other.opens()
    other.activates([(NUMBER,)])
    assert trunks_used(other) == [PLAIN], "an open meeting takes the preferred one"


def test_a_number_that_no_encrypted_trunk_may_call_is_not_called_and_the_board_says_why() -> None:
    story = secret(policy=lines(PLAIN, SRTP))
    story.activates([(ABROAD,), (ABROAD, NUMBER)])
    assert story.dialled() == [NUMBER]
    assert story.target(0).state is TargetState.UNREACHABLE
    assert story.target(0).reason == CalloutReason.NO_ENCRYPTED_TRUNK()


def test_a_region_without_any_encrypted_trunk_calls_over_what_it_has_and_says_so_after_the_key() -> None:
    story = secret(policy=lines(PLAIN))
    story.activates([(NUMBER,)])
    assert trunks_used(story) == [PLAIN]
    line = story.answers(NUMBER)
    assert prompts.ENTRY_NOT_ENCRYPTED not in story.said_to(line)
    story.keys(line, "1")
    assert prompts.ENTRY_NOT_ENCRYPTED in story.said_to(line)
    assert story.who(line).encrypted is False


def secret_before_the_demand() -> Story:
    """It was opened while the region had no encrypted trunk and asked for none; now the keeper demands one."""
    story = secret(policy=lines(PLAIN))
    story.policy = lines(PLAIN, needs_encryption=True)
    fresh = story.restarted()
    fresh.telephony_comes_up()
    return fresh


def test_a_meeting_under_secrecy_that_no_line_could_reach_is_refused_and_nothing_is_opened() -> None:
    story = Story(lines(PLAIN, needs_encryption=True))
    assert story.asks(SECRET) == Refused("conflict", ConferenceReason.NO_LINE_FOR_SECRECY(), "secrecy")
    assert not story.node[CONFERENCES]
    story.opens()
    assert story.conference.secrecy is Secrecy.OPEN, "an open meeting is opened as ever"


def test_a_call_out_to_a_meeting_that_no_line_could_reach_is_refused_for_that_reason() -> None:
    story = Story(lines(PLAIN, needs_encryption=True))
    target = NewTarget(TargetId("target"), "TiB", "", (NUMBER,))
    start = StartActivation(ActivationId("callout"), "key", CONFERENCE, "Larm", (target,))
    assert story.asks(CallOut(SECRET, start)) == Refused("conflict", ConferenceReason.NO_LINE_FOR_SECRECY(), "secrecy")
    assert not story.node[ACTIVATIONS]


def test_where_the_keeper_demands_encryption_nobody_is_called_without_it() -> None:
    story = secret_before_the_demand()
    story.activates([(NUMBER,)])
    assert story.dialled() == []
    assert story.target(0).reason == CalloutReason.NO_ENCRYPTED_TRUNK()
    other = Story(lines(PLAIN, needs_encryption=True))
    other.opens()
    other.activates([(NUMBER,)])
    assert other.dialled() == [NUMBER], "an open meeting is called as ever"


def dials_in(story: Story, trunk: TrunkName, role: Role = Role.HOST, holder: Holder | None = None) -> ChannelId:
    """Over this trunk, with the right code."""
    line = ChannelId("caller")
    story.happens(CallArrived(story.now_s, line, "+4685555555", "+46701740605", trunk))
    story.keys(line, "12345678#")
    story.happens(CodeResolved(story.now_s, line, CONFERENCE, role, holder=holder))
    return line


def test_a_caller_hears_whether_the_line_is_encrypted_and_it_is_shown() -> None:
    for trunk in (PLAIN, SRTP):
        story = secret(policy=lines(PLAIN, SRTP))
        line = dials_in(story, trunk)
        assert (prompts.ENTRY_NOT_ENCRYPTED in story.said_to(line)) is (trunk == PLAIN)
        assert story.who(line).encrypted is (trunk == SRTP)
        story.is_over = True


def test_a_host_hears_by_key_how_many_lines_are_not_encrypted() -> None:
    for secrecy, told in ((Secrecy.SECRET, True), (Secrecy.OPEN, False)):
        story = secret(replace(SECRET, secrecy=secrecy), lines(PLAIN, SRTP))
        story.joins("host", Role.HOST)
        story.keys(ChannelId("host"), "*4")
        said = [phrases.number(1), presence_prompts.PRESENCE_NOT_ENCRYPTED]
        assert (story.said_to("host")[-2:] == said) is told


def test_in_an_open_meeting_nobody_is_told_of_it() -> None:
    story = Story(lines(PLAIN, needs_encryption=True))
    story.opens()
    line = dials_in(story, PLAIN)
    assert prompts.ENTRY_NOT_ENCRYPTED not in story.said_to(line)
    assert story.who(line).encrypted is False


def test_where_the_keeper_demands_encryption_a_caller_without_it_hears_why_and_is_let_go() -> None:
    story = secret(policy=lines(PLAIN, SRTP, needs_encryption=True))
    line = dials_in(story, PLAIN)
    assert story.said_to(line)[-1] == prompts.ENTRY_NEEDS_ENCRYPTION
    story.prompt_ends(line)
    assert [one.channel for one in story.done(HangUpLeg)] == [line]
    assert story.present() == []
    (told,) = [one for one in story.audited if isinstance(one, Audit) and one.action == "entry.not_encrypted"]
    assert (told.object, told.detail) == (CONFERENCE, (("trunk", PLAIN),))


def test_over_the_encrypted_trunk_a_caller_comes_in_as_ever() -> None:
    story = secret(policy=lines(PLAIN, SRTP, needs_encryption=True))
    line = dials_in(story, SRTP)
    story.prompt_ends(line)
    assert prompts.ENTRY_SECRET in story.said_to(line)
    story.is_over = True


def test_a_number_that_leads_straight_in_leads_no_unencrypted_line_in() -> None:
    straight = replace(SECRET, direct_number="+4685555556", direct_code=False, door=Door(waiting_room=True))
    story = secret(straight, lines(PLAIN, SRTP, needs_encryption=True))
    story.happens(CallArrived(story.now_s, ChannelId("caller"), "+4685555556", "+46701740605", PLAIN))
    assert story.said_to("caller") == [prompts.ENTRY_NEEDS_ENCRYPTION]
    story.is_over = True


def test_a_locked_door_tells_a_stranger_nothing_of_the_line() -> None:
    story = secret(policy=lines(PLAIN, SRTP, needs_encryption=True))
    line = dials_in(story, PLAIN, Role.PARTICIPANT)
    assert prompts.ENTRY_NEEDS_ENCRYPTION not in story.said_to(line)
    story.is_over = True


def test_one_who_comes_back_by_another_line_is_shown_as_that_line_is() -> None:
    story = secret(policy=lines(PLAIN, SRTP))
    holder = Holder("TiB", "Länsstyrelsen")
    line = dials_in(story, PLAIN, holder=holder)
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, story.who(line).room))
    again = ChannelId("again")
    story.happens(CallArrived(story.now_s, again, "+4685555555", "+46701740606", SRTP))
    story.keys(again, "12345678#")
    story.happens(CodeResolved(story.now_s, again, CONFERENCE, Role.HOST, holder=holder))
    assert prompts.ENTRY_NOT_ENCRYPTED not in story.said_to(again)
    assert story.who(again).encrypted is True
    story.is_over = True


def test_those_who_are_rung_back_are_rung_over_the_encrypted_trunk() -> None:
    story = secret(policy=lines(PLAIN, SRTP))
    story.activates([(NUMBER,)])
    line = story.answers(NUMBER)
    story.keys(line, "1")
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, story.who(line).room))
    story.hangs_up(line, cause=44)
    assert trunks_used(story) == [SRTP, SRTP]
    story.is_over = True
