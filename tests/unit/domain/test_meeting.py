"""The meeting: mute, floor, keys, recording, end."""

from bridge.domain import commands as c
from bridge.domain import effects as do
from bridge.domain import events as e
from bridge.domain import prompts
from bridge.domain.ids import ChannelId, ParticipantId, RecordingId
from bridge.domain.model import (
    ArchiveState,
    ConferenceState,
    FloorMode,
    ParticipantState,
    Recording,
    RecordingState,
    Role,
    Saved,
)
from tests.harness.story import CONFERENCE, MIX, Story


def meeting(*, recorded: bool = False) -> Story:
    """A host and two others, all in."""
    story = Story()
    story.opens(recorded=recorded)
    story.joins("host", Role.HOST)
    story.passes(1)
    story.joins("anna")
    story.joins("bo")
    story.forget_effects()
    return story


def recorded_meeting() -> Story:
    """As `meeting`, with the order to record still to be seen."""
    story = meeting(recorded=True)
    recording = story.conference.recording.recording
    assert recording is not None
    story.effects.append(do.StartRecording(MIX, recording))
    return story


def mode(story: Story, wanted: FloorMode) -> None:
    assert isinstance(story.asks(c.SetFloorMode(CONFERENCE, wanted)), c.Done)


def heard(story: Story) -> set[str]:
    """Whose microphone is open now."""
    return {name for name in ("host", "anna", "bo") if story.node.heard[story.who(name).channel]}  # type: ignore[index]


# --- mute ---


def test_star_six_mutes_and_unmutes_the_caller() -> None:
    story = meeting()
    story.keys(story.who("anna").channel, "*6")  # type: ignore[arg-type]
    assert heard(story) == {"host", "bo"}
    assert story.said_to("anna") == [prompts.MUTED]
    story.keys(story.who("anna").channel, "*6")  # type: ignore[arg-type]
    assert heard(story) == {"host", "anna", "bo"}


def test_no_single_key_does_anything() -> None:
    story = meeting()
    story.keys(story.who("host").channel, "0123456789#ABCD")  # type: ignore[arg-type]
    assert story.effects == []


def test_a_lonely_star_is_forgotten() -> None:
    story = meeting()
    story.keys(story.who("anna").channel, "*")  # type: ignore[arg-type]
    story.passes(5)
    story.keys(story.who("anna").channel, "6")  # type: ignore[arg-type]
    assert heard(story) == {"host", "anna", "bo"}


def test_the_api_mutes_anyone_and_he_can_always_unmute_himself() -> None:
    story = meeting()
    story.asks(c.SetMuted(CONFERENCE, story.who("bo").id, True))
    assert heard(story) == {"host", "anna"}
    assert story.said_to("bo") == [prompts.MUTED_BY_HOST]
    story.keys(story.who("bo").channel, "*6")  # type: ignore[arg-type]
    assert heard(story) == {"host", "anna", "bo"}


def test_a_muted_person_who_talks_is_told_but_not_nagged() -> None:
    story = meeting()
    story.asks(c.SetMuted(CONFERENCE, story.who("bo").id, True))
    story.forget_effects()
    for _ in range(3):
        story.talks("bo")
        story.falls_silent("bo")
    assert story.said_to("bo") == [prompts.MUTED_TALKING]
    assert not story.who("bo").talking


def test_muting_all_spares_the_hosts() -> None:
    story = meeting()
    story.keys(story.who("host").channel, "*3")  # type: ignore[arg-type]
    assert heard(story) == {"host"}


def test_the_hosts_keys_do_nothing_for_others() -> None:
    story = meeting()
    story.keys(story.who("anna").channel, "*3*8*7*#*#")  # type: ignore[arg-type]
    assert heard(story) == {"host", "anna", "bo"}
    assert story.conference.state is ConferenceState.ACTIVE
    assert not story.conference.locked


# --- floor ---


def test_in_a_lecture_exactly_the_host_is_heard_until_he_gives_the_word() -> None:
    story = meeting()
    mode(story, FloorMode.LECTURE)
    assert heard(story) == {"host"}
    story.keys(story.who("bo").channel, "*5")  # type: ignore[arg-type]
    assert story.floor.queue == (story.who("bo").id,)
    assert prompts.FLOOR_REQUEST_FOR_HOST in story.said_to("host")
    story.keys(story.who("host").channel, "*1")  # type: ignore[arg-type]
    assert heard(story) == {"bo"}
    assert prompts.FLOOR_YOURS in story.said_to("bo")
    story.keys(story.who("bo").channel, "*5")  # type: ignore[arg-type]
    assert heard(story) == {"host"}


def test_in_the_queue_the_word_passes_by_itself_in_order() -> None:
    story = meeting()
    mode(story, FloorMode.QUEUE)
    assert heard(story) == set()
    for name in ("bo", "anna", "host"):
        story.keys(story.who(name).channel, "*5")  # type: ignore[arg-type]
    assert heard(story) == {"bo"}
    assert story.floor.queue == (story.who("anna").id, story.who("host").id)
    story.keys(story.who("bo").channel, "*5")  # type: ignore[arg-type]
    assert heard(story) == {"anna"}
    story.hangs_up("anna")
    assert story.node.heard[story.who("host").channel]  # type: ignore[index]


def test_a_request_can_be_taken_back() -> None:
    story = meeting()
    mode(story, FloorMode.LECTURE)
    story.keys(story.who("bo").channel, "*5*5")  # type: ignore[arg-type]
    assert story.floor.queue == ()
    assert prompts.FLOOR_WITHDRAWN in story.said_to("bo")


def test_the_host_can_give_the_word_out_of_order_and_take_it_back() -> None:
    story = meeting()
    mode(story, FloorMode.QUEUE)
    story.keys(story.who("bo").channel, "*5")  # type: ignore[arg-type]
    story.asks(c.GiveFloor(CONFERENCE, story.who("anna").id))
    assert heard(story) == {"anna"}
    story.asks(c.TakeFloor(CONFERENCE))
    assert heard(story) == set()


def test_giving_the_word_to_nobody_is_refused_with_the_reason() -> None:
    story = meeting()
    reply = story.asks(c.GiveFloor(CONFERENCE))
    assert isinstance(reply, c.Refused)
    assert reply.code == "conflict"


def test_mute_goes_before_the_floor() -> None:
    story = meeting()
    story.asks(c.SetMuted(CONFERENCE, story.who("host").id, True))
    mode(story, FloorMode.LECTURE)
    assert heard(story) == set()


def test_who_joins_a_lecture_comes_in_silent() -> None:
    story = meeting()
    mode(story, FloorMode.LECTURE)
    story.joins("cia")
    assert not story.is_heard("cia")


def test_open_again_everybody_is_heard_and_requests_stay() -> None:
    story = meeting()
    mode(story, FloorMode.LECTURE)
    story.keys(story.who("bo").channel, "*5")  # type: ignore[arg-type]
    mode(story, FloorMode.OPEN)
    assert heard(story) == {"host", "anna", "bo"}
    assert story.floor.queue == (story.who("bo").id,)


# --- recording ---


def test_recording_starts_with_the_first_participant_and_ends_in_the_archive() -> None:
    story = Story()
    story.opens(recorded=True)
    story.joins("anna")
    start = story.done(do.StartRecording)
    assert [one.mix for one in start] == [MIX]
    story.happens(e.RecordingStarted(story.now_s, start[0].recording))
    story.asks(c.EndConference(CONFERENCE))
    story.passes(10)
    assert story.done(do.StopRecording)
    story.happens(e.RecordingEnded(story.now_s, start[0].recording, 12.0))
    assert story.done(do.ArchiveRecording) == [do.ArchiveRecording(start[0].recording)]
    story.happens(e.RecordingArchived(story.now_s, start[0].recording, "2026/a.flac", "ab", 12.0))
    kept = [one for one in story.records if getattr(one, "id", "") == start[0].recording][-1]
    assert getattr(kept, "state", None) is ArchiveState.ARCHIVED
    assert not story.node.conferences
    assert not story.node.recordings


def test_a_full_disk_ends_the_recording_not_the_meeting_and_all_hear_it() -> None:
    story = recorded_meeting()
    story.fails(story.done(do.StartRecording)[-1], reason="disk: no space left")
    assert story.conference.recording.state is RecordingState.FAILED
    assert "no space" in (story.conference.recording.failure or "")
    assert [one.prompts for one in story.done(do.Announce)] == [(prompts.MEETING_RECORDING_FAILED,)]
    assert len(story.present()) == 3


def test_recording_goes_on_by_itself_when_the_disk_is_free_and_is_announced_once_each_way() -> None:
    story = recorded_meeting()
    for _ in range(3):
        story.fails(story.done(do.StartRecording)[-1], reason="disk: no space left")
        story.passes(story.policy.meeting.recording_retry_s + 1)
    [*_, last] = story.done(do.StartRecording)
    assert len(story.done(do.StartRecording)) == 4
    story.happens(e.RecordingStarted(story.now_s, last.recording))
    assert story.conference.recording.state is RecordingState.ON
    assert story.conference.recording.failure is None
    told = [one.prompts for one in story.done(do.Announce)]
    assert told == [(prompts.MEETING_RECORDING_FAILED,), (prompts.MEETING_RECORDING_STARTED,)]


def test_a_recording_that_the_host_switched_off_meanwhile_is_not_tried_again() -> None:
    story = recorded_meeting()
    story.fails(story.done(do.StartRecording)[-1], reason="disk: no space left")
    story.asks(c.SetRecording(CONFERENCE, on=False))
    story.passes(120)
    assert len(story.done(do.StartRecording)) == 1


def test_a_standing_conference_records_the_next_meeting_although_this_one_could_not_be() -> None:
    story = Story()
    story.opens(recorded=True)
    story.joins("anna")
    story.fails(story.done(do.StartRecording)[-1], reason="disk: no space left")
    story.hangs_up("anna")
    story.passes(200)
    story.joins("bo")
    assert len(story.done(do.StartRecording)) == 2


def test_a_failed_archiving_is_tried_again_by_itself_until_it_succeeds() -> None:
    story = recorded_meeting()
    [start] = story.done(do.StartRecording)
    story.happens(e.RecordingStarted(story.now_s, start.recording))
    story.asks(c.SetRecording(CONFERENCE, on=False))
    story.happens(e.RecordingEnded(story.now_s, start.recording, 12.0))
    for tries in range(1, 5):
        assert len(story.done(do.ArchiveRecording)) == tries
        story.fails(do.ArchiveRecording(start.recording), reason="archive: no space left on device")
        story.passes(1000)
    story.happens(e.RecordingArchived(story.now_s, start.recording, "a.flac", "00", 12.0))
    story.passes(5000)
    assert len(story.done(do.ArchiveRecording)) == 5
    assert not story.node.again


def test_a_recording_that_will_not_stop_is_ordered_to_until_it_does() -> None:
    story = recorded_meeting()
    [start] = story.done(do.StartRecording)
    story.happens(e.RecordingStarted(story.now_s, start.recording))
    story.asks(c.SetRecording(CONFERENCE, on=False))
    [stop] = story.done(do.StopRecording)
    story.fails(stop, e.Fate.UNKNOWN)
    story.passes(2)
    assert story.done(do.StopRecording) == [stop, stop]
    story.fails(stop, e.Fate.GONE)
    assert story.conference.recording.state is RecordingState.OFF


def test_a_microphone_that_could_not_be_closed_is_closed_again_as_things_are_then() -> None:
    story = meeting()
    [anna, bo] = [one for one in story.present() if one.role is Role.PARTICIPANT][:2]
    story.asks(c.SetMuted(CONFERENCE, anna.id, True))
    story.fails(story.done(do.SetHeard)[-1], e.Fate.UNKNOWN)
    story.passes(1)
    assert story.done(do.SetHeard) == [do.SetHeard(anna.channel or bo.channel, False)] * 2  # type: ignore[arg-type]
    story.fails(story.done(do.SetHeard)[-1], e.Fate.UNKNOWN)
    story.asks(c.SetMuted(CONFERENCE, anna.id, False))
    story.passes(2)
    assert story.is_heard(str(anna.channel))


def test_a_removed_participant_hears_why_and_is_heard_no_more() -> None:
    story = meeting()
    [anna, *_] = [one for one in story.present() if one.role is Role.PARTICIPANT]
    assert anna.channel is not None
    story.asks(c.RemoveParticipant(CONFERENCE, anna.id))
    assert story.node.participants[anna.id].state is ParticipantState.LEFT
    assert not story.is_heard(anna.channel)
    assert story.said_to(anna.channel)[-1] == prompts.MEETING_REMOVED
    story.prompt_ends(anna.channel)
    assert do.HangUpLeg(anna.channel) in story.fresh


def test_a_standing_conference_keeps_no_crowd_of_those_who_left() -> None:
    story = Story()
    story.opens()
    story.joins("host", Role.HOST)
    for index in range(story.policy.meeting.most_left + 50):
        story.joins(f"in-{index}")
        story.hangs_up(f"in-{index}")
    assert len(story.node.participants) == story.policy.meeting.most_left + 1
    story.hangs_up("host")
    story.passes(story.policy.meeting.empty_s + 1)
    assert not story.node.participants


def test_recording_turned_on_in_the_middle_is_announced_to_all() -> None:
    story = meeting()
    story.asks(c.SetRecording(CONFERENCE, on=True))
    assert [one.prompts for one in story.done(do.Announce)] == [(prompts.MEETING_RECORDING_STARTED,)]


def test_an_empty_meetings_recording_is_closed_and_begins_anew_with_the_next() -> None:
    story = Story()
    story.opens(recorded=True)
    story.joins("anna")
    first = story.done(do.StartRecording)[0].recording
    story.happens(e.RecordingStarted(story.now_s, first))
    story.hangs_up("anna")
    assert story.conference.state is ConferenceState.OPEN
    story.passes(61)
    assert [one.recording for one in story.done(do.StopRecording)] == [first]
    story.happens(e.RecordingEnded(story.now_s, first, 5.0))
    story.joins("bo")
    assert len(story.done(do.StartRecording)) == 2


# --- after a restart ---


def restarted(story: Story, *lines: str, recorded: bool = True) -> Story:
    """The controller died; these lines are still in the mix, and so is the recording unless told otherwise."""
    node = story.node
    saved = Saved(
        conferences=tuple(node.conferences.values()),
        participants=tuple(node.participants.values()),
        recordings=tuple(node.recordings.values()),
    )
    fresh = Story(story.policy, saved)
    fresh._counter = story._counter
    channels = tuple(e.LiveChannel(ChannelId(line), answered=True, mix=MIX) for line in lines)
    recordings = frozenset(node.recordings) if recorded else frozenset[RecordingId]()
    fresh.happens(e.TelephonyUp(fresh.now_s, channels, frozenset({MIX}), recordings))
    return fresh


def recorded_meeting_of(*lines: str) -> Story:
    story = Story()
    story.opens(recorded=True)
    for line in lines:
        story.joins(line)
    story.happens(e.RecordingStarted(story.now_s, story.done(do.StartRecording)[0].recording))
    return story


def test_killed_during_the_farewell_the_meeting_ends_all_the_same() -> None:
    story = recorded_meeting_of("anna")
    story.asks(c.EndConference(CONFERENCE))
    fresh = restarted(story, "anna", "stranger")
    assert {one.channel for one in fresh.done(do.HangUpLeg)} == {"anna", "stranger"}
    assert fresh.done(do.StopRecording)
    assert fresh.done(do.DestroyMix)
    assert fresh.done(do.Answer) == [], "nobody is greeted in a meeting that is over"
    [recording] = fresh.node.recordings
    fresh.happens(e.RecordingEnded(fresh.now_s, recording, 3.0))
    fresh.happens(e.RecordingArchived(fresh.now_s, recording, "2026/a.flac", "ab", 3.0))
    assert not fresh.node.conferences


def test_a_recording_that_was_being_stopped_when_it_was_killed_is_stopped() -> None:
    story = recorded_meeting_of("anna")
    story.asks(c.SetRecording(CONFERENCE, on=False))
    fresh = restarted(story, "anna")
    assert len(fresh.done(do.StopRecording)) == 1


def test_an_empty_meetings_recording_is_closed_also_when_it_was_killed_meanwhile() -> None:
    story = recorded_meeting_of("anna")
    story.hangs_up("anna")
    fresh = restarted(story)
    fresh.passes(61)
    assert len(fresh.done(do.StopRecording)) == 1


def test_a_recording_whose_order_died_with_the_controller_is_failed_once_and_another_begins() -> None:
    story = Story()
    story.opens(recorded=True)
    story.joins("anna")
    lost = story.done(do.StartRecording)[0].recording
    fresh = restarted(story, "anna", recorded=False)
    assert fresh.done(do.ArchiveRecording) == [do.ArchiveRecording(lost)]
    [begun] = fresh.done(do.StartRecording)
    fresh.happens(e.RecordingFailed(fresh.now_s, lost, "the recording is not in the spool"))
    kept = [one for one in fresh.records if getattr(one, "id", "") == lost][-1]
    assert isinstance(kept, Recording)
    assert (kept.state, kept.failure) == (ArchiveState.FAILED, "the recording is not in the spool")
    assert list(fresh.node.recordings) == [begun.recording]
    again = restarted(fresh, "anna")
    assert again.done(do.ArchiveRecording) == []


def test_a_meeting_that_is_over_is_forgotten_also_when_its_recording_was_never_made() -> None:
    story = recorded_meeting_of("anna")
    story.asks(c.EndConference(CONFERENCE))
    fresh = restarted(story, recorded=False)
    [lost] = fresh.node.recordings
    fresh.happens(e.RecordingFailed(fresh.now_s, lost, "the recording is not in the spool"))
    assert not fresh.node.recordings
    assert not fresh.node.conferences


# --- the end ---


def test_the_host_ends_the_meeting_by_keying_twice() -> None:
    story = meeting()
    story.keys(story.who("host").channel, "*#")  # type: ignore[arg-type]
    assert story.conference.state is ConferenceState.ACTIVE
    story.keys(story.who("host").channel, "*#")  # type: ignore[arg-type]
    assert story.conference.state is ConferenceState.ENDED
    assert do.WithdrawCodes(CONFERENCE) in story.fresh
    story.passes(5)
    assert len(story.done(do.HangUpLeg)) == 3
    assert do.DestroyMix(MIX) in story.effects
    assert not story.node.participants


def test_everybody_leaving_leaves_the_meeting_open_for_those_who_come_back() -> None:
    story = meeting()
    for name in ("host", "anna", "bo"):
        story.hangs_up(name)
    assert story.conference.state is ConferenceState.OPEN
    story.joins("anna")
    assert story.who("anna").state is ParticipantState.PRESENT


def test_an_unknown_conference_or_participant_is_refused_by_name() -> None:
    story = meeting()
    from bridge.domain.ids import ConferenceId, ParticipantId

    for command in (
        c.EndConference(ConferenceId("cnf-x")),
        c.SetMuted(CONFERENCE, ParticipantId("prt-x"), True),
        c.SetMuted(ConferenceId("cnf-x"), story.who("bo").id, True),
    ):
        reply = story.asks(command)
        assert isinstance(reply, c.Refused)
        assert reply.code == "not_found"


def test_every_change_by_the_api_is_audited() -> None:
    story = meeting()
    story.asks(c.SetMuted(CONFERENCE, story.who("bo").id, True))
    story.asks(c.LockConference(CONFERENCE, True))
    actions = [getattr(line, "action", "") for line in story.audited]
    assert actions[-2:] == ["participant.mute", "conference.lock"]


def on_the_way_in(story: Story, channel: str) -> ParticipantId:
    """Admitted, and not in the mix yet."""
    line = story.calls(channel)
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE, Role.HOST)
    story.prompt_ends(line)
    return story.who(channel).id


def test_who_is_still_on_the_way_in_gets_no_word_neither_by_key_nor_by_the_api() -> None:
    story = Story()
    story.opens()
    story.asks(c.SetFloorMode(CONFERENCE, FloorMode.QUEUE))
    person = on_the_way_in(story, "anna")
    story.keys(ChannelId("anna"), "*5")
    reply = story.asks(c.RequestFloor(CONFERENCE, person))
    assert (story.floor.holder, story.floor.queue) == (None, ())
    assert isinstance(reply, c.Refused)
    assert reply.retry


def test_keys_of_who_is_still_on_the_way_in_give_no_order() -> None:
    """They could not hear what it did: a host would end the meeting, or be muted, without a word."""
    story = Story()
    story.opens()
    on_the_way_in(story, "anna")
    story.keys(ChannelId("anna"), "*6*#*#")
    assert not story.who("anna").muted
    assert story.conference.state is not ConferenceState.ENDED


def test_the_hosts_key_locks_the_door_and_opens_it_again() -> None:
    story = Story()
    story.opens()
    story.joins("in-1", Role.HOST)
    for is_locked in (True, False):
        story.keys(ChannelId("in-1"), "*8")
        assert story.conference.locked is is_locked


def test_switching_recording_on_while_the_last_ones_still_runs_keeps_hold_of_it() -> None:
    story = recorded_meeting()
    [order] = story.done(do.StartRecording)
    story.happens(e.RecordingStarted(story.now_s, order.recording))
    for line in ("host", "anna", "bo"):
        story.hangs_up(line)
    story.asks(c.SetRecording(CONFERENCE, True))
    story.passes(61)
    assert story.done(do.StopRecording) == [do.StopRecording(MIX, order.recording)]
