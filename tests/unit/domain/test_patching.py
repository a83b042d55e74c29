"""The life of a patch: approval, notice, lease, idle release, spare terminal, end."""

from dataclasses import replace

import pytest

from bridge.domain.conference.commands import EndConference
from bridge.domain.conference.policy import ConferencePolicy
from bridge.domain.conference.records import LEGS, PARTICIPANTS, ROOMS, Role
from bridge.domain.kernel.events import EffectFailed, Fate
from bridge.domain.kernel.ids import ConferenceId, Gssi, MixId, ParticipantId, PatchId, RecordingId, TerminalName
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.timers import TimerKey
from bridge.domain.radio import prompts
from bridge.domain.radio.commands import AddPatch, ApprovePatch, ExtendPatch, RemovePatch
from bridge.domain.radio.effects import (
    ArmVoice,
    CeaseTransmit,
    ClosePath,
    OpenPath,
    SayOnAir,
    SelectTalkgroup,
    SetRadioHeard,
    StartTrack,
    StopTrack,
)
from bridge.domain.radio.events import SaidOnAir, TerminalState
from bridge.domain.radio.notes import RadioNote
from bridge.domain.radio.passing import REFUSALS
from bridge.domain.radio.policy import RadioPolicy, TerminalPolicy
from bridge.domain.radio.records import PATCHES, Keying, Patch, PatchState
from bridge.domain.radio.timers import RadioTimer
from bridge.domain.recording.commands import SetRecording
from bridge.domain.recording.effects import ArchiveRecording
from bridge.domain.recording.events import RecordingEnded, RecordingStarted
from bridge.domain.recording.records import RECORDINGS, ArchiveState, Recording
from bridge.domain.saved import Saved
from bridge.domain.telephony.effects import Announce, DestroyMix
from bridge.domain.telephony.events import TelephonyDown, TelephonyUp
from tests.harness.reasons import because, english
from tests.harness.story import CONFERENCE, GROUP, MIX, PATCH, RADIO_VOICE, SPARE, TERMINAL, Story

READY, ABSENT = TerminalState.READY, TerminalState.ABSENT
OTHER_GROUP = Gssi(2002)


def meeting(policy: Policy | None = None, *, terminals: tuple[TerminalName, ...] = (TERMINAL,)) -> Story:
    """A host and Anna in the meeting, the terminal ready on the group."""
    story = Story(policy, terminals=terminals)
    story.opens()
    story.joins("host", Role.HOST)
    story.joins("anna")
    story.terminal_is(READY)
    story.forget_effects()
    return story


def patched(policy: Policy | None = None, **more: object) -> Story:
    story = meeting(policy)
    story.patches(**more)
    story.forget_effects()
    return story


def announced(story: Story) -> list[Prompt]:
    """To everybody in the meeting."""
    return [prompt for effect in story.done(Announce) for prompt in effect.prompts]


def said_on_air(story: Story) -> list[Prompt]:
    """To the talkgroup alone."""
    return [prompt for effect in story.done(SayOnAir) for prompt in effect.prompts]


def is_removed(story: Story) -> bool:
    """On disk, and forgotten here."""
    kept = [one for one in story.records if isinstance(one, Patch) and one.id == PATCH]
    return kept[-1].state is PatchState.REMOVED and PATCH not in story.node[PATCHES]


def words_are_out(story: Story) -> None:
    story.happens(SaidOnAir(story.now_s, PATCH))


# --- approval ---


def test_a_talkgroup_that_demands_approval_is_connected_when_somebody_else_approves() -> None:
    story = meeting()
    assert isinstance(story.asks(asked_for(), actor="tib"), Done)
    assert story.patch.state is PatchState.PENDING_APPROVAL
    assert prompts.RADIO_APPROVAL in story.said_to("host")
    assert not story.done(OpenPath)
    story.radio_user_talks()
    assert not story.done(SetRadioHeard)

    assert isinstance(story.asks(ApprovePatch(CONFERENCE, PATCH), actor="rsib"), Done)
    assert story.done(OpenPath) == [OpenPath(PATCH, TERMINAL, MIX)]
    assert (story.patch.asked_by, story.patch.approved_by) == ("tib", "rsib")
    assert story.patch.state is PatchState.IDLE


def asked_for() -> AddPatch:
    return AddPatch(CONFERENCE, PATCH, RADIO_VOICE, None, GROUP, "Ledning", approval_required=True)


def test_nobody_approves_his_own_wish() -> None:
    story = meeting()
    story.asks(asked_for(), actor="tib")
    refused = story.asks(ApprovePatch(CONFERENCE, PATCH), actor="tib")
    assert isinstance(refused, Refused)
    assert refused.code == "not_allowed"
    assert story.patch.state is PatchState.PENDING_APPROVAL


def test_an_approval_is_refused_by_removing_what_was_asked_for() -> None:
    story = meeting()
    story.asks(asked_for(), actor="tib")
    story.asks(RemovePatch(CONFERENCE, PATCH), actor="rsib")
    assert is_removed(story)
    assert not story.done(CeaseTransmit)
    assert isinstance(story.asks(ApprovePatch(CONFERENCE, PATCH), actor="rsib"), Refused)


def test_a_wish_keeps_its_talkgroup_from_others_and_no_terminal() -> None:
    story = meeting()
    story.asks(asked_for(), actor="tib")
    same = replace(asked_for(), patch=PatchId("p2"), participant=ParticipantId("x"))
    refused = story.asks(same)
    assert isinstance(refused, Refused)
    assert refused.field == "gssi"
    other = AddPatch(CONFERENCE, PatchId("p3"), ParticipantId("y"), TERMINAL, OTHER_GROUP, "Annan")
    assert isinstance(story.asks(other), Done)
    assert isinstance(story.asks(ApprovePatch(CONFERENCE, PATCH), actor="rsib"), Refused)


# --- which terminal ---


def test_with_no_terminal_named_a_free_one_that_may_use_the_group_is_taken_spares_last() -> None:
    third = TerminalName("rakel-3")
    policy = Policy(
        RadioPolicy(terminals=(TerminalPolicy(TERMINAL, (OTHER_GROUP,)), TerminalPolicy(SPARE, spare=True)))
    )
    story = meeting(policy, terminals=(TERMINAL, SPARE, third))
    story.terminal_is(READY, terminal=SPARE)
    story.terminal_is(READY, terminal=third)
    story.patches(terminal=None)
    assert story.patch.terminal == third


def test_a_terminal_is_refused_a_talkgroup_that_its_settings_do_not_name() -> None:
    story = meeting(Policy(RadioPolicy(terminals=(TerminalPolicy(TERMINAL, (OTHER_GROUP,)),))))
    refused = story.asks(AddPatch(CONFERENCE, PATCH, RADIO_VOICE, TERMINAL, GROUP, "Ledning"))
    assert isinstance(refused, Refused)
    assert (refused.code, refused.field) == ("invalid", "terminal")


def test_without_a_free_terminal_it_is_refused_with_the_field() -> None:
    story = patched()
    refused = story.asks(AddPatch(CONFERENCE, PatchId("p2"), ParticipantId("x"), None, OTHER_GROUP, "Annan"))
    assert isinstance(refused, Refused)
    assert (refused.code, refused.field, refused.retry) == ("conflict", "terminal", True)
    assert english(refused.reason) == "every terminal that may use talkgroup 2002 is in use: remove a patch first"


@pytest.mark.parametrize("approval", [False, True])
def test_a_terminal_that_is_free_and_not_allowed_is_another_reason(approval: bool) -> None:
    story = meeting(Policy(RadioPolicy(terminals=(TerminalPolicy(TERMINAL, (OTHER_GROUP,)),))))
    wish = AddPatch(CONFERENCE, PATCH, RADIO_VOICE, None, GROUP, "Ledning", approval_required=approval)
    refused = story.asks(wish)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.field, refused.retry) == ("not_allowed", "terminal", False)
    assert english(refused.reason) == "no terminal may use talkgroup 2001, by its settings or the directory"


def test_a_group_that_is_patched_here_already_is_another_reason_still() -> None:
    refused = patched().asks(AddPatch(CONFERENCE, PatchId("p2"), ParticipantId("x"), None, GROUP, "Ledning"))
    assert isinstance(refused, Refused)
    assert (refused.field, english(refused.reason)) == (
        "gssi",
        "talkgroup 2001 is already patched: remove that patch first",
    )


# --- notice ---


def test_meeting_and_group_are_told_when_the_group_is_reached_and_only_once() -> None:
    story = Story()
    story.opens(recorded=True)
    story.joins("host", Role.HOST)
    story.patches()
    assert prompts.RADIO_PATCHED not in story.said_to("host")
    story.terminal_is(READY)
    assert said_on_air(story) == [prompts.AIR_OPENED, prompts.AIR_RECORDED]
    assert story.said_to("host").count(prompts.RADIO_PATCHED) == 1
    story.terminal_is(ABSENT)
    story.terminal_is(READY)
    assert said_on_air(story) == [prompts.AIR_OPENED, prompts.AIR_RECORDED]
    assert story.said_to("host").count(prompts.RADIO_PATCHED) == 1
    assert prompts.RADIO_BACK in story.said_to("host")


@pytest.mark.parametrize("keying", list(Keying))
@pytest.mark.parametrize("notice", [True, False])
def test_what_is_meant_for_telephones_never_goes_on_the_air(keying: Keying, notice: bool) -> None:
    story = meeting()
    story.patches(keying=keying, notice=notice)
    assert said_on_air(story) == ([prompts.AIR_OPENED] if notice else [])
    assert announced(story) == [], "what is said into the mix is heard by the talkgroup"
    assert prompts.RADIO_PATCHED in story.said_to("anna")
    story.forget_effects()
    story.asks(RemovePatch(CONFERENCE, PATCH))
    assert said_on_air(story) == ([prompts.AIR_CLOSED] if notice else [])
    assert announced(story) == []
    assert prompts.RADIO_UNPATCHED in story.said_to("anna")
    assert is_removed(story) is not notice


@pytest.mark.parametrize("notice", [True, False])
def test_the_farewell_of_the_meeting_is_for_the_telephones_alone(notice: bool) -> None:
    story = patched(notice=notice)
    story.asks(EndConference(CONFERENCE))
    assert said_on_air(story) == ([prompts.AIR_CLOSED] if notice else [])
    farewell = next(at for at, one in enumerate(story.effects) if isinstance(one, Announce))
    assert ArmVoice(PATCH, False) in story.effects[:farewell]


def test_before_the_terminal_leaves_the_group_it_is_told() -> None:
    story = patched(spoken_end=True)
    story.asks(RemovePatch(CONFERENCE, PATCH))
    assert said_on_air(story) == [prompts.AIR_CLOSED, prompts.AIR_OUT]
    assert ArmVoice(PATCH, False) in story.effects
    assert [one.name for one in story.present()] == ["host", "anna"]
    assert not story.done(ClosePath)
    story.radio_user_talks()
    assert not story.done(SetRadioHeard)
    story.radio_user_stops()
    words_are_out(story)
    assert story.done(ClosePath) == [ClosePath(PATCH)]
    assert is_removed(story)


def test_a_farewell_that_gets_no_channel_does_not_hold_the_terminal_for_ever() -> None:
    story = patched()
    story.asks(RemovePatch(CONFERENCE, PATCH))
    story.passes(story.policy[RadioPolicy].closing_s)
    assert story.done(CeaseTransmit) == [CeaseTransmit(TERMINAL)]
    assert is_removed(story)


def test_who_needs_the_terminal_at_once_gets_it_the_farewell_is_cut_short() -> None:
    story = patched()
    story.asks(RemovePatch(CONFERENCE, PATCH))
    again = AddPatch(CONFERENCE, PatchId("p2"), ParticipantId("x"), TERMINAL, GROUP, "Ledning")
    assert isinstance(story.asks(again), Done)
    assert is_removed(story)
    assert story.node[PATCHES][PatchId("p2")].state is PatchState.IDLE


def test_a_group_out_of_reach_is_let_go_of_at_once() -> None:
    story = patched()
    story.terminal_is(ABSENT)
    story.asks(RemovePatch(CONFERENCE, PATCH))
    assert said_on_air(story) == []
    assert is_removed(story)


def test_the_end_of_the_meeting_waits_for_its_farewell_on_the_air() -> None:
    story = patched()
    story.asks(EndConference(CONFERENCE))
    assert said_on_air(story) == [prompts.AIR_CLOSED]
    story.speech_begins()
    story.network_grants()
    story.passes(story.policy[ConferencePolicy].end_after_s + 1)
    assert not story.done(DestroyMix)
    story.speech_drains()
    story.passes(2)
    assert story.done(DestroyMix) == [DestroyMix(MIX)]
    assert not story.node[PATCHES]


# --- lease and use ---


def test_a_lease_ends_the_patch_after_the_hosts_were_warned() -> None:
    story = patched(lease_s=3600)
    story.passes(3600 - story.policy[RadioPolicy].lease_warn_s)
    assert prompts.RADIO_LEASE_SOON in story.said_to("host")
    assert not story.patch.closing
    story.passes(story.policy[RadioPolicy].lease_warn_s)
    assert prompts.RADIO_LEASE_OVER in story.said_to("host")
    assert story.patch.closing


def test_an_extended_lease_ends_later_and_one_without_end_never() -> None:
    story = patched(lease_s=600)
    story.passes(500)
    assert isinstance(story.asks(ExtendPatch(CONFERENCE, PATCH, 3600)), Done)
    story.passes(3500)
    assert not story.patch.closing
    story.asks(ExtendPatch(CONFERENCE, PATCH, None))
    story.passes(100_000)
    assert not story.patch.closing


def test_a_group_on_which_nobody_talks_is_given_back() -> None:
    story = patched(idle_s=300)
    story.passes(200)
    story.radio_user_talks()
    story.passes(200)
    assert not story.patch.closing
    story.radio_user_stops()
    story.passes(299)
    assert not story.patch.closing
    story.passes(2)
    assert prompts.RADIO_IDLE in story.said_to("host")
    assert story.patch.closing


# --- a terminal that fails ---


def with_spare(**radio: float) -> Story:
    spares = (TerminalPolicy(SPARE, spare=True),)
    policy = Policy(replace(RadioPolicy(terminals=spares), **radio))  # type: ignore[arg-type]
    story = meeting(policy, terminals=(TERMINAL, SPARE))
    story.terminal_is(READY, gssi=OTHER_GROUP, terminal=SPARE)
    story.patches()
    story.forget_effects()
    return story


def test_a_spare_takes_over_the_group_of_a_terminal_that_stays_away() -> None:
    story = with_spare()
    story.terminal_is(ABSENT, reason="unplugged")
    story.passes(story.policy[RadioPolicy].takeover_s)
    assert story.patch.terminal == SPARE
    assert OpenPath(PATCH, SPARE, MIX) in story.effects
    assert SelectTalkgroup(SPARE, GROUP) in story.effects
    assert prompts.RADIO_SPARE in story.said_to("host")
    story.terminal_is(READY, terminal=SPARE)
    assert story.patch.state is PatchState.IDLE
    assert RadioNote.TERMINAL_REPLACED in [getattr(note, "kind", None) for note in story.notes]


def test_a_terminal_that_is_soon_back_keeps_its_group() -> None:
    story = with_spare()
    story.terminal_is(ABSENT)
    story.passes(story.policy[RadioPolicy].takeover_s - 1)
    story.terminal_is(READY)
    story.passes(60)
    assert story.patch.terminal == TERMINAL


def test_a_spare_that_becomes_ready_later_takes_over_then() -> None:
    story = with_spare()
    story.terminal_is(ABSENT, terminal=SPARE)
    story.terminal_is(ABSENT)
    story.passes(60)
    assert story.patch.terminal == TERMINAL
    story.terminal_is(READY, gssi=OTHER_GROUP, terminal=SPARE)
    story.passes(story.policy[RadioPolicy].takeover_s)
    assert story.patch.terminal == SPARE


def test_a_spare_that_the_directory_does_not_let_on_the_group_does_not_take_it_over() -> None:
    policy = Policy(RadioPolicy(terminals=(TerminalPolicy(SPARE, spare=True),)))
    story = meeting(policy, terminals=(TERMINAL, SPARE))
    story.terminal_is(READY, gssi=OTHER_GROUP, terminal=SPARE)
    story.patches(terminals=(TERMINAL,))
    story.terminal_is(ABSENT)
    story.passes(60)
    assert story.patch.terminal == TERMINAL


def test_only_spares_take_over_and_never_by_a_setting_of_nought() -> None:
    lonely = meeting(terminals=(TERMINAL, SPARE))
    lonely.terminal_is(READY, gssi=OTHER_GROUP, terminal=SPARE)
    lonely.patches()
    unwilling = with_spare(takeover_s=0)
    for story in (lonely, unwilling):
        story.terminal_is(ABSENT)
        story.passes(600)
        assert story.patch.terminal == TERMINAL


def test_a_patch_made_on_an_absent_terminal_gets_a_spare_too() -> None:
    policy = Policy(RadioPolicy(terminals=(TerminalPolicy(SPARE, spare=True),)))
    story = meeting(policy, terminals=(TERMINAL, SPARE))
    story.terminal_is(ABSENT)
    story.terminal_is(READY, gssi=OTHER_GROUP, terminal=SPARE)
    story.patches()
    story.passes(story.policy[RadioPolicy].takeover_s)
    assert story.patch.terminal == SPARE


def test_a_spare_that_fails_before_it_reaches_the_group_is_replaced_in_its_turn() -> None:
    third = TerminalName("rakel-3")
    policy = Policy(RadioPolicy(terminals=(TerminalPolicy(SPARE, spare=True), TerminalPolicy(third, spare=True))))
    story = meeting(policy, terminals=(TERMINAL, SPARE, third))
    for spare in (SPARE, third):
        story.terminal_is(READY, gssi=OTHER_GROUP, terminal=spare)
    story.patches()
    story.terminal_is(ABSENT)
    story.passes(story.policy[RadioPolicy].takeover_s)
    assert story.patch.terminal == SPARE
    story.terminal_is(ABSENT, terminal=SPARE)
    story.passes(story.policy[RadioPolicy].takeover_s)
    assert story.patch.terminal == third
    story.terminal_is(ABSENT, terminal=third)
    story.terminal_is(READY, gssi=OTHER_GROUP)
    story.passes(story.policy[RadioPolicy].takeover_s)
    assert story.patch.terminal == TERMINAL, "the ordinary one is back, and no spare is left"


def test_a_terminal_that_fails_while_it_is_being_set_is_replaced() -> None:
    policy = Policy(RadioPolicy(terminals=(TerminalPolicy(SPARE, spare=True),)))
    story = meeting(policy, terminals=(TERMINAL, SPARE))
    story.terminal_is(READY, gssi=OTHER_GROUP, terminal=SPARE)
    story.terminal_is(READY, gssi=OTHER_GROUP)
    story.patches()
    story.passes(story.policy[RadioPolicy].takeover_s * 3)
    assert story.patch.terminal == TERMINAL, "it is given its time"
    story.terminal_is(ABSENT)
    story.passes(story.policy[RadioPolicy].takeover_s)
    assert story.patch.terminal == SPARE


# --- a talkgroup that its terminal does not take ---


def not_taken(story: Story, terminal: TerminalName = TERMINAL) -> None:
    reason = "talkgroup 2001 is refused: parameter out of range (+CME ERROR: 34)"
    story.happens(EffectFailed(story.now_s, SelectTalkgroup(terminal, GROUP), Fate.REFUSED, because(reason)))


def refusing(policy: Policy | None = None, terminals: tuple[TerminalName, ...] = (TERMINAL,)) -> Story:
    story = meeting(policy, terminals=terminals)
    story.terminal_is(READY, gssi=OTHER_GROUP)
    story.patches()
    not_taken(story)
    return story


def test_a_talkgroup_that_is_refused_is_shown_with_the_reason_and_asked_for_ever_more_seldom() -> None:
    story = refusing()
    assert story.patch.state is PatchState.OFFLINE
    assert "+CME ERROR: 34" in english(story.patch.reason)
    assert prompts.RADIO_LOST in story.said_to("host")
    story.terminal_is(READY, gssi=OTHER_GROUP)
    assert "+CME ERROR: 34" in english(story.patch.reason), "another word of the terminal does not hide it"
    asked: list[float] = []
    begun_s = story.now_s
    for _ in range(4):
        story.forget_effects()
        while not story.done(SelectTalkgroup):
            story.passes(1)
        asked.append(round(story.now_s - begun_s))
        not_taken(story)
    assert asked == [5, 15, 35, 75]
    story.terminal_is(READY)
    assert story.patch.state is PatchState.IDLE
    assert story.node[REFUSALS] == {}


def test_a_spare_takes_over_a_talkgroup_that_its_terminal_does_not_take() -> None:
    story = refusing(Policy(RadioPolicy(terminals=(TerminalPolicy(SPARE, spare=True),))), (TERMINAL, SPARE))
    story.terminal_is(READY, gssi=OTHER_GROUP, terminal=SPARE)
    story.passes(story.policy[RadioPolicy].takeover_s)
    assert story.patch.terminal == SPARE
    assert SelectTalkgroup(SPARE, GROUP) in story.effects, "the refusals were the other terminal's"
    assert story.node[REFUSALS] == {}
    story.terminal_is(READY, terminal=SPARE)
    assert story.patch.state is PatchState.IDLE


def test_a_refusal_that_comes_when_the_group_is_reached_after_all_changes_nothing() -> None:
    story = patched()
    not_taken(story)
    assert story.patch.state is PatchState.IDLE


# --- tracks ---


def recorded() -> Story:
    story = Story()
    story.opens(recorded=True)
    story.joins("host", Role.HOST)
    story.terminal_is(READY)
    story.patches()
    assert not story.done(StartTrack)
    mix = story.conference.recording.recording
    assert mix is not None
    story.happens(RecordingStarted(story.now_s, mix))
    return story


def test_a_recorded_meeting_has_a_track_of_its_talkgroup() -> None:
    story = recorded()
    [started] = story.done(StartTrack)
    track = story.node[RECORDINGS][started.recording]
    assert (track.patch, track.gssi, track.conference) == (PATCH, GROUP, CONFERENCE)
    assert story.patch.track == started.recording
    story.asks(SetRecording(CONFERENCE, False))
    assert story.done(StopTrack) == [StopTrack(PATCH, started.recording)]
    story.happens(RecordingEnded(story.now_s, started.recording, 12.0))
    assert ArchiveRecording(started.recording) in story.effects


def test_a_track_that_fails_is_tried_again_after_a_pause_and_not_at_every_turn() -> None:
    story = recorded()
    [started] = story.done(StartTrack)
    story.happens(EffectFailed(story.now_s, started, Fate.REFUSED, because("disk full")))
    story.radio_user_talks()
    story.radio_user_stops()
    assert len(story.done(StartTrack)) == 1
    assert started.recording not in story.node[RECORDINGS]
    story.passes(story.policy[ConferencePolicy].recording_retry_s + 1)
    assert len(story.done(StartTrack)) == 2
    assert story.conference.recording.recording is not None


def test_a_track_that_failed_is_tried_no_more_for_a_talkgroup_that_is_gone() -> None:
    story = recorded()
    [started] = story.done(StartTrack)
    story.happens(EffectFailed(story.now_s, started, Fate.GONE, because("no such path")))
    assert TimerKey(RadioTimer.TRACK, PATCH) in story.timers
    story.asks(RemovePatch(CONFERENCE, PATCH))
    story.passes(story.policy[RadioPolicy].closing_s + 1)
    assert TimerKey(RadioTimer.TRACK, PATCH) not in story.timers
    assert len(story.done(StartTrack)) == 1


def test_a_track_left_by_a_dead_controller_goes_to_the_archive_and_a_new_one_begins() -> None:
    story = recorded()
    left = Recording(RecordingId("rec-left"), CONFERENCE, story.now_s, patch=PATCH, gssi=GROUP)
    people = [record for table in (ROOMS, PARTICIPANTS, LEGS) for record in story.node[table].values()]
    saved = Saved.of(story.conference, *people, replace(story.patch, track=left.id), left)
    again = Story(saved=saved)
    assert again.node[RECORDINGS][left.id].state is ArchiveState.SPOOLED
    assert ArchiveRecording(left.id) in again.effects


# --- by radio alone ---


def test_a_meeting_that_loses_telephony_goes_on_in_its_talkgroup_and_comes_back() -> None:
    story = recorded()
    story.forget_effects()
    story.happens(TelephonyDown(story.now_s, because("asterisk is gone")))
    story.passes(story.policy[RadioPolicy].fallback_s - 1)
    assert story.conference.radio_only_since_s is None
    story.passes(1)
    assert story.conference.radio_only_since_s == story.now_s
    assert said_on_air(story) == [prompts.AIR_RADIO_ONLY]
    assert story.patch.track is not None
    story.passes(60)
    assert said_on_air(story) == [prompts.AIR_RADIO_ONLY]
    story.happens(TelephonyUp(story.now_s, (), frozenset(), frozenset()))
    assert story.conference.radio_only_since_s is None
    assert said_on_air(story)[-1] == prompts.AIR_TELEPHONY_BACK
    story.passes(60)
    assert said_on_air(story)[-1] == prompts.AIR_TELEPHONY_BACK


def test_a_moment_without_sight_of_asterisk_changes_nothing() -> None:
    story = recorded()
    story.forget_effects()
    story.happens(TelephonyDown(story.now_s, because("connection lost")))
    story.passes(2)
    story.happens(TelephonyUp(story.now_s, (), frozenset(), frozenset()))
    story.passes(60)
    assert said_on_air(story) == []


def test_a_meeting_without_a_talkgroup_cannot_go_on_by_radio() -> None:
    story = Story()
    story.opens()
    story.happens(TelephonyDown(story.now_s, because("gone")))
    story.passes(60)
    assert story.conference.radio_only_since_s is None


def test_a_talkgroup_patched_while_telephony_is_away_is_told_too() -> None:
    story = meeting()
    story.happens(TelephonyDown(story.now_s, because("gone")))
    story.passes(60)
    story.patches()
    story.passes(story.policy[RadioPolicy].fallback_s)
    assert said_on_air(story) == [prompts.AIR_OPENED, prompts.AIR_RADIO_ONLY]


# --- several ---


def test_two_talkgroups_are_combined_in_one_conference_and_never_one_in_two() -> None:
    story = meeting(terminals=(TERMINAL, SPARE))
    story.terminal_is(READY, gssi=OTHER_GROUP, terminal=SPARE)
    story.patches()
    second = AddPatch(CONFERENCE, PatchId("p2"), ParticipantId("x"), SPARE, OTHER_GROUP, "Annan")
    assert isinstance(story.asks(second), Done)
    elsewhere = ConferenceId("cnf-00000000000000000000000002")
    story.opens(conference=elsewhere, mix=MixId("mix-00000000000000000000000002"))
    refused = story.asks(replace(second, conference=elsewhere, patch=PatchId("p3")))
    assert isinstance(refused, Refused)
    assert refused.field == "gssi"
