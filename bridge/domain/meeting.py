"""The conference itself: who is in it, who is heard, its door, its recording, its end."""

from dataclasses import replace

from bridge.domain import again, prompts
from bridge.domain import floor as floors
from bridge.domain.effects import (
    Announce,
    ArchiveRecording,
    CreateMix,
    HangUpLeg,
    JoinMix,
    Play,
    SayOnAir,
    SetHeard,
    SetRadioHeard,
    StartRecording,
    StopRecording,
    Whisper,
)
from bridge.domain.events import RecordingArchived, TimerKind
from bridge.domain.ids import ChannelId, ConferenceId, ParticipantId, PlaybackId, RecordingId
from bridge.domain.model import (
    ArchiveState,
    Attempt,
    Conference,
    ConferenceRecording,
    ConferenceState,
    Floor,
    FloorMode,
    NoteKind,
    Participant,
    ParticipantKind,
    ParticipantState,
    PatchState,
    Recording,
    RecordingState,
    Role,
)
from bridge.domain.prompts import Prompt
from bridge.domain.turn import Turn

# --- coming and going ---


def admit(turn: Turn, conference: Conference, participant: Participant, channel: ChannelId) -> None:
    """Give somebody a seat; they are put into the mix by `take_seat` when their last prompt has ended."""
    turn.put(participant)
    turn.set_in("seats", channel, participant.id)
    turn.do(CreateMix(conference.mix, conference.id))


def take_seat(turn: Turn, participant: Participant) -> None:
    """Into the mix, with the microphone as mute and floor say. `JOIN` looks whether they came there."""
    if participant.channel is None:
        return
    if turn.node.conferences[participant.conference].state is ConferenceState.ENDED:
        turn.do(HangUpLeg(participant.channel))
        return
    turn.do(_join(turn, participant, participant.channel))


def join_of(turn: Turn, participant: Participant) -> JoinMix | None:
    """The order that puts somebody on the way in into the mix, as things are now; `None` when it is not wanted."""
    is_joining = participant.state is ParticipantState.JOINING and participant.channel is not None
    if not is_joining or turn.node.conferences[participant.conference].state is ConferenceState.ENDED:
        return None
    return _join(turn, participant, ChannelId(participant.channel or ""))


def _join(turn: Turn, participant: Participant, channel: ChannelId) -> JoinMix:
    conference = turn.node.conferences[participant.conference]
    heard = _shall_be_heard(conference, participant)
    turn.set_in("heard", channel, heard)
    turn.start_timer(TimerKind.JOIN, channel, turn.node.policy.meeting.join_s)
    return JoinMix(channel, conference.mix, heard)


def ask_to_wait(turn: Turn, participant: Participant) -> None:
    """Words instead of silence for somebody who is not in the mix yet."""
    if participant.channel is not None:
        playback = PlaybackId(turn.mint("playback"))
        turn.do(Play(participant.channel, playback, (prompts.ENTRY_WAIT,), participant.language))


def seated(turn: Turn, participant: Participant) -> None:
    """Asterisk says that they are in the mix."""
    if participant.state is not ParticipantState.JOINING:
        return
    if participant.channel is not None:
        turn.stop_timer(TimerKind.JOIN, participant.channel)
        again.forget_subject(turn, participant.channel)
    conference = turn.node.conferences[participant.conference]
    alone = not turn.present(conference.id)
    turn.put(replace(participant, state=ParticipantState.PRESENT, joined_at_s=turn.at_s))
    turn.note(conference.id, NoteKind.JOINED, participant.id, name=participant.name, by=participant.kind.value)
    turn.stop_timer(TimerKind.CONFERENCE_EMPTY, conference.id)
    if conference.state is ConferenceState.OPEN:
        started_at_s = conference.started_at_s or turn.at_s
        conference = replace(conference, state=ConferenceState.ACTIVE, started_at_s=started_at_s)
        turn.put(conference)
    _host_takes_lecture(turn, conference, participant)
    refresh_microphones(turn, conference.id)
    if conference.recording.wanted and conference.recording.state is RecordingState.OFF:
        start_recording(turn, turn.node.conferences[conference.id])
    if alone and participant.channel is not None:
        turn.do(Whisper(participant.channel, (prompts.MEETING_ALONE,), participant.language))


def _host_takes_lecture(turn: Turn, conference: Conference, participant: Participant) -> None:
    is_free_lecture = conference.floor.mode is FloorMode.LECTURE and conference.floor.holder is None
    if is_free_lecture and participant.role is Role.HOST:
        change_floor(turn, conference, floors.give(conference.floor, participant.id, turn.at_s))


def leave(turn: Turn, participant: Participant, *, state: ParticipantState = ParticipantState.LEFT) -> None:
    """They are gone: hung up, removed, their talkgroup unpatched, or (`LOST`) their line lost."""
    if participant.state is ParticipantState.LEFT:
        return
    was_present = participant.state is ParticipantState.PRESENT
    channel = None if state is ParticipantState.LOST else participant.channel
    gone = replace(participant, state=state, left_at_s=turn.at_s, talking=False, channel=channel)
    turn.put(gone)
    if participant.channel is not None:
        for name in ("seats", "heard", "keys", "told_muted_at_s"):
            turn.drop_from(name, participant.channel)
        turn.stop_timer(TimerKind.JOIN, participant.channel)
        turn.stop_timer(TimerKind.KEYS, participant.channel)
    conference = turn.node.conferences.get(participant.conference)
    if state is ParticipantState.LEFT:
        _forget_earliest_left(turn, participant.conference)
    if conference is None or not was_present:
        return
    turn.note(conference.id, NoteKind.LEFT, participant.id, name=participant.name)
    host = host_of(turn, conference.id)
    change_floor(turn, conference, floors.leave(conference.floor, participant.id, host, turn.at_s))
    if not any(one.kind is not ParticipantKind.RADIO for one in turn.present(conference.id)):
        _empty(turn, turn.node.conferences[conference.id])


def _forget_earliest_left(turn: Turn, conference: ConferenceId) -> None:
    """A standing conference shows the latest who left it; the store keeps them all."""
    left = [
        one
        for one in turn.node.participants.values()
        if one.conference == conference and one.state is ParticipantState.LEFT
    ]
    for one in left[: max(0, len(left) - turn.node.policy.meeting.most_left)]:
        turn.forget(one)


def _empty(turn: Turn, conference: Conference) -> None:
    if conference.state is ConferenceState.ACTIVE:
        turn.put(replace(conference, state=ConferenceState.OPEN))
        turn.start_timer(TimerKind.CONFERENCE_EMPTY, conference.id, turn.node.policy.meeting.empty_s)


def still_empty(turn: Turn, conference: Conference) -> None:
    """The empty meeting has stayed so: its recording is closed and goes to the archive, who left it is forgotten."""
    if conference.state is not ConferenceState.OPEN:
        return
    stop_recording(turn, conference, wanted=conference.recording.wanted)
    for one in list(turn.node.participants.values()):
        if one.conference == conference.id and one.state is ParticipantState.LEFT:
            turn.forget(one)


def host_of(turn: Turn, conference: ConferenceId) -> ParticipantId | None:
    """The host who has been there longest."""
    hosts = [one for one in turn.present(conference) if one.role is Role.HOST]
    return min(hosts, key=lambda one: one.joined_at_s or 0.0).id if hosts else None


# --- being heard ---


def _shall_be_heard(conference: Conference, participant: Participant) -> bool:
    return not participant.muted and floors.is_heard(conference.floor, participant.id)


def refresh_microphones(turn: Turn, conference: ConferenceId) -> None:
    """Bring every microphone, and the gates from the radio, to what mute and floor say; only differences are sent."""
    record = turn.node.conferences[conference]
    for participant in turn.present(conference):
        if participant.channel is None:
            continue
        heard = _shall_be_heard(record, participant)
        if turn.node.heard.get(participant.channel) is not heard:
            turn.set_in("heard", participant.channel, heard)
            turn.do(SetHeard(participant.channel, heard))
    for patch in turn.patches_of(conference):
        if patch.closing:
            continue
        voice = turn.node.participants.get(patch.participant)
        present = voice is not None and voice.state is ParticipantState.PRESENT and _shall_be_heard(record, voice)
        open_gate = patch.state is PatchState.RECEIVING and not patch.looped and present
        if turn.node.radio_heard.get(patch.id, False) is not open_gate:
            turn.set_in("radio_heard", patch.id, open_gate)
            turn.do(SetRadioHeard(patch.id, open_gate))
            if voice is not None:
                turn.put_passing(replace(voice, talking=open_gate))


def talking(turn: Turn, participant: Participant, is_talking: bool) -> None:
    """Asterisk's talk detection. A muted talker is told, at most now and then."""
    conference = turn.node.conferences[participant.conference]
    heard = _shall_be_heard(conference, participant)
    if is_talking and not heard:
        _tell_muted(turn, participant)
    shown = is_talking and heard
    if shown is participant.talking:
        return
    turn.put_passing(replace(participant, talking=shown))
    turn.note(conference.id, NoteKind.TALK_STARTED if shown else NoteKind.TALK_STOPPED, participant.id)


def _tell_muted(turn: Turn, participant: Participant) -> None:
    if participant.channel is None or not participant.muted:
        return
    told_at_s = turn.node.told_muted_at_s.get(participant.channel)
    if told_at_s is not None and turn.at_s - told_at_s < turn.node.policy.meeting.tell_muted_every_s:
        return
    turn.set_in("told_muted_at_s", participant.channel, turn.at_s)
    whisper(turn, participant, prompts.MUTED_TALKING)


def set_muted(turn: Turn, participant: Participant, muted: bool, *, by_host: bool) -> None:
    if participant.muted is muted:
        return
    was_talking = participant.talking
    turn.put(replace(participant, muted=muted, talking=participant.talking and not muted))
    turn.note(participant.conference, NoteKind.MUTED if muted else NoteKind.UNMUTED, participant.id, by_host=by_host)
    if muted and was_talking:
        turn.note(participant.conference, NoteKind.TALK_STOPPED, participant.id)
    refresh_microphones(turn, participant.conference)
    prompt = prompts.UNMUTED if not muted else prompts.MUTED_BY_HOST if by_host else prompts.MUTED
    whisper(turn, participant, prompt)


def whisper(turn: Turn, participant: Participant, *said: Prompt) -> None:
    if participant.channel is not None and participant.state is ParticipantState.PRESENT:
        turn.do(Whisper(participant.channel, said, participant.language))


def whisper_to_hosts(turn: Turn, conference: ConferenceId, *said: Prompt) -> None:
    for participant in turn.present(conference):
        if participant.role is Role.HOST:
            whisper(turn, participant, *said)


def announce(turn: Turn, conference: Conference, *said: Prompt) -> None:
    turn.do(Announce(conference.mix, said, conference.language))


# --- the floor ---


def change_floor(turn: Turn, conference: Conference, new: Floor) -> None:
    """Put a new floor in force: microphones, whispers to those concerned, timeline."""
    old = conference.floor
    if new == old:
        return
    turn.put(replace(conference, floor=new))
    if new.mode is not old.mode:
        turn.note(conference.id, NoteKind.FLOOR_MODE, mode=new.mode.value)
    if new.holder != old.holder:
        _tell_floor_change(turn, old, new)
        if old.holder is not None:
            turn.note(conference.id, NoteKind.FLOOR_TAKEN, old.holder)
        if new.holder is not None:
            turn.note(conference.id, NoteKind.FLOOR_GIVEN, new.holder)
    refresh_microphones(turn, conference.id)


def _tell_floor_change(turn: Turn, old: Floor, new: Floor) -> None:
    before = turn.node.participants.get(old.holder) if old.holder else None
    after = turn.node.participants.get(new.holder) if new.holder else None
    if before is not None and new.mode is not FloorMode.OPEN:
        whisper(turn, before, prompts.FLOOR_TAKEN)
    if after is not None:
        whisper(turn, after, prompts.FLOOR_YOURS)
        _tell_on_air(turn, after)


def _tell_on_air(turn: Turn, participant: Participant) -> None:
    """A talkgroup has no telephone to whisper into. Who talks there already has got it by pressing, and knows."""
    patch = turn.node.patches.get(participant.patch) if participant.patch else None
    if patch is not None and patch.state is not PatchState.RECEIVING and not patch.closing:
        language = turn.node.conferences[participant.conference].language
        turn.do(SayOnAir(patch.id, (prompts.AIR_FLOOR_YOURS,), language))


def request_floor(turn: Turn, participant: Participant) -> None:
    """The word is for those who are there."""
    if participant.state is not ParticipantState.PRESENT:
        return
    conference = turn.node.conferences[participant.conference]
    new = floors.request(conference.floor, participant.id, turn.at_s)
    if new == conference.floor:
        return
    turn.note(conference.id, NoteKind.FLOOR_REQUESTED, participant.id)
    change_floor(turn, conference, new)
    if participant.id in new.queue:
        whisper(turn, participant, prompts.FLOOR_ASKED, prompts.number(new.queue.index(participant.id) + 1))
        whisper_to_hosts(turn, conference.id, prompts.FLOOR_REQUEST_FOR_HOST)


def withdraw_request(turn: Turn, participant: Participant) -> None:
    conference = turn.node.conferences[participant.conference]
    if participant.id not in conference.floor.queue:
        return
    turn.note(conference.id, NoteKind.FLOOR_WITHDRAWN, participant.id)
    change_floor(turn, conference, floors.withdraw(conference.floor, participant.id))
    whisper(turn, participant, prompts.FLOOR_WITHDRAWN)


def release_floor(turn: Turn, conference: Conference) -> None:
    """The word is given back, or taken: by the mode it goes to the host, to the next, or to nobody."""
    host = host_of(turn, conference.id)
    change_floor(turn, conference, floors.release(conference.floor, host, turn.at_s))


def set_floor_mode(turn: Turn, conference: Conference, mode: FloorMode) -> None:
    host = host_of(turn, conference.id)
    change_floor(turn, conference, floors.set_mode(conference.floor, mode, host, turn.at_s))
    if conference.floor.mode is not mode:
        said = {
            FloorMode.OPEN: prompts.FLOOR_OPEN,
            FloorMode.LECTURE: prompts.FLOOR_LECTURE,
            FloorMode.QUEUE: prompts.FLOOR_QUEUE,
        }[mode]
        announce(turn, conference, said)


# --- recording ---


def start_recording(turn: Turn, conference: Conference, *, announced: bool = False) -> None:
    """`announced`: everybody is told now; else each was told at the door."""
    if conference.recording.state in (RecordingState.STARTING, RecordingState.ON):
        return
    recording = RecordingId(turn.mint("recording"))
    side = ConferenceRecording(
        wanted=True, state=RecordingState.STARTING, recording=recording, failure=conference.recording.failure
    )
    turn.put(replace(conference, recording=side))
    turn.put(Recording(recording, conference.id, turn.at_s))
    if announced:
        announce(turn, conference, prompts.MEETING_RECORDING_STARTED)
    turn.do(StartRecording(conference.mix, recording))


def recording_started(turn: Turn, recording: Recording) -> None:
    if recording.patch is not None:
        turn.put(replace(recording, started_at_s=turn.at_s))
        return
    conference = turn.node.conferences.get(recording.conference)
    if conference is None or conference.recording.recording != recording.id:
        return
    if conference.recording.state is RecordingState.STARTING:
        if conference.recording.failure is not None:
            announce(turn, conference, prompts.MEETING_RECORDING_STARTED)
        side = replace(conference.recording, state=RecordingState.ON, failure=None)
        turn.put(replace(conference, recording=side))
        turn.put(replace(recording, started_at_s=turn.at_s))
        turn.note(conference.id, NoteKind.RECORDING_STARTED, recording=recording.id)


def recording_found(turn: Turn, recording: Recording) -> None:
    """It runs, as a listing after a restart tells: orders and timers that died with the controller are given anew."""
    recording_started(turn, recording)
    conference = turn.node.conferences.get(recording.conference)
    if conference is None:
        return
    is_current = conference.recording.recording == recording.id
    if not is_current or conference.recording.state is RecordingState.STOPPING:
        turn.do(StopRecording(conference.mix, recording.id))
    elif conference.state is ConferenceState.OPEN:
        turn.start_timer(TimerKind.CONFERENCE_EMPTY, conference.id, turn.node.policy.meeting.empty_s)


def want_recording(turn: Turn, conference: Conference) -> None:
    """Nobody is there: the next to come starts it. One that still runs, or is being closed, is not let go of."""
    if conference.recording.state is RecordingState.FAILED:
        turn.put(replace(conference, recording=ConferenceRecording(wanted=True)))
    else:
        turn.put(replace(conference, recording=replace(conference.recording, wanted=True)))


def stop_recording(turn: Turn, conference: Conference, *, wanted: bool = False, announced: bool = False) -> None:
    """`wanted`: it starts again, as a new recording, when somebody comes."""
    current = conference.recording
    if current.recording is None or current.state not in (RecordingState.STARTING, RecordingState.ON):
        if current.wanted is not wanted or current.state is RecordingState.FAILED:
            turn.put(replace(conference, recording=ConferenceRecording(wanted=wanted)))
        return
    turn.put(replace(conference, recording=replace(current, wanted=wanted, state=RecordingState.STOPPING)))
    if announced:
        announce(turn, conference, prompts.MEETING_RECORDING_STOPPED)
    turn.do(StopRecording(conference.mix, current.recording))


def recording_closed(turn: Turn, recording: Recording, duration_s: float | None) -> None:
    """Asterisk has closed the file, or it was found closed after a crash: on to the archive."""
    if recording.state is not ArchiveState.RECORDING:
        return
    turn.put(replace(recording, state=ArchiveState.SPOOLED, ended_at_s=turn.at_s, duration_s=duration_s))
    turn.do(ArchiveRecording(recording.id))
    conference = turn.node.conferences.get(recording.conference)
    if conference is None or conference.recording.recording != recording.id:
        return
    turn.note(conference.id, NoteKind.RECORDING_STOPPED, recording=recording.id)
    turn.put(replace(conference, recording=ConferenceRecording(wanted=conference.recording.wanted)))
    if conference.recording.wanted and conference.state is ConferenceState.ACTIVE:
        start_recording(turn, turn.node.conferences[conference.id])


def archive_again(turn: Turn, recording: Recording) -> None:
    """It lies closed in the spool: a restart came between. Archiving is safe to repeat."""
    turn.do(ArchiveRecording(recording.id))


def archived(turn: Turn, event: RecordingArchived) -> None:
    recording = turn.node.recordings.get(event.recording)
    if recording is None:
        return
    done = replace(
        recording,
        state=ArchiveState.ARCHIVED,
        file=event.file,
        sha256=event.sha256,
        duration_s=event.duration_s,
    )
    turn.put(done)
    turn.audit("samband", "recording.archived", recording.id, sha256=event.sha256, duration_s=event.duration_s)
    turn.forget(done)
    forget_if_finished(turn, recording.conference)


def archive_failed(turn: Turn, recording: Recording, reason: str) -> None:
    """The file stays in the spool; `bridge.domain.failures` has it archived again, until it is."""
    turn.put(replace(recording, failure=reason))
    turn.audit("samband", "recording.archive_failed", recording.id, reason=reason)


def recording_failed(turn: Turn, recording: Recording, reason: str) -> None:
    """The conference goes on, and everybody hears that it is not recorded now; it is tried again by itself. One that
    waited to be archived and of which there is no file is not asked for again."""
    if recording.state not in (ArchiveState.RECORDING, ArchiveState.SPOOLED):
        return
    failed = replace(recording, state=ArchiveState.FAILED, ended_at_s=recording.ended_at_s or turn.at_s, failure=reason)
    turn.put(failed)
    turn.audit("samband", "recording.failed", recording.id, reason=reason)
    turn.forget(failed)
    forget_if_finished(turn, recording.conference)
    conference = turn.node.conferences.get(recording.conference)
    if conference is None or conference.recording.recording != recording.id:
        return
    was_told = conference.recording.failure is not None
    side = ConferenceRecording(wanted=conference.recording.wanted, state=RecordingState.FAILED, failure=reason)
    turn.put(replace(conference, recording=side))
    turn.start_timer(TimerKind.RECORDING, conference.id, turn.node.policy.meeting.recording_retry_s)
    if not was_told:
        turn.note(conference.id, NoteKind.RECORDING_FAILED, reason=reason)
        announce(turn, conference, prompts.MEETING_RECORDING_FAILED)


def record_again(turn: Turn, conference: Conference) -> None:
    """The pause after a failed recording is over. While nobody is there, the next to come starts it."""
    if conference.recording.state is not RecordingState.FAILED or not conference.recording.wanted:
        return
    if conference.state is ConferenceState.ACTIVE:
        start_recording(turn, conference)
    elif conference.state is ConferenceState.OPEN:
        turn.put(replace(conference, recording=ConferenceRecording(wanted=True)))


# --- the end ---


def forget_if_finished(turn: Turn, conference: ConferenceId) -> None:
    """An ended conference is forgotten when its last recording has come into the archive."""
    record = turn.node.conferences.get(conference)
    if record is None or record.state is not ConferenceState.ENDED:
        return
    open_recordings = any(
        recording.conference == conference and recording.state in (ArchiveState.RECORDING, ArchiveState.SPOOLED)
        for recording in turn.node.recordings.values()
    )
    someone_left_in = any(one.conference == conference for one in turn.node.participants.values())
    called = any(_is_called_to(turn, attempt, conference) for attempt in turn.node.attempts.values())
    if not open_recordings and not someone_left_in and not called:
        turn.forget(record)


def _is_called_to(turn: Turn, attempt: Attempt, conference: ConferenceId) -> bool:
    activation = turn.node.activations.get(attempt.activation)
    return activation is not None and activation.conference == conference
