"""A talkgroup in the meeting: who is on the air, and how speech from the meeting gets there without losing a word.

::

    OFFLINE ──terminal on the group──▶ IDLE ◀──────────────── speech drained ───────────────┐
                                        │ ▲                                                  │
                     speech began       │ └──── he stopped, nothing held ──┐                 │
                                        ▼                                  │                 │
           ┌───── refused, lost ── DEMANDING ── a radio user talks ──▶ RECEIVING             │
           ▼                        │    │                                 ▲                 │
        WAITING ── retry due ──▶ ───┘    └── granted ──▶ TRANSMITTING ─────┼─────────────────┘
                                 QUEUED ─── granted ──▶  │                 │
                                                         └─ 58 s ─▶ PAUSING ── pause over, speech held ─▶ DEMANDING

Speech is held by `bridge.media` from its first sample; here is decided when it may go out. Rules (design §5, Rakel):
audio goes out only after our own grant; every demand has a timer; a transmission is cut before its minute and goes on
in the next; a radio user who talks is never talked over, the meeting's speech waits for him.
"""

from dataclasses import replace
from typing import Final

from bridge.domain import meeting, prompts
from bridge.domain.commands import AddPatch, Done, Refused
from bridge.domain.effects import (
    CeaseTransmit,
    ClosePath,
    CreateMix,
    DemandTransmit,
    DropVoice,
    HoldVoice,
    OpenPath,
    SelectTalkgroup,
    SendVoice,
)
from bridge.domain.events import RadioTalkStarted, TerminalState, TimerKind, TransmitRefused
from bridge.domain.ids import TerminalName
from bridge.domain.model import (
    ConferenceState,
    FloorMode,
    NoteKind,
    Participant,
    ParticipantKind,
    ParticipantState,
    Patch,
    PatchState,
)
from bridge.domain.prompts import Prompt
from bridge.domain.turn import Turn

_ASKING: Final = frozenset({PatchState.DEMANDING, PatchState.QUEUED})
_TIMERS: Final = (
    TimerKind.RADIO_GRANT,
    TimerKind.RADIO_WARN,
    TimerKind.RADIO_CUT,
    TimerKind.RADIO_PAUSE,
    TimerKind.RADIO_RETRY,
    TimerKind.RADIO_STALE,
)


# --- patching ---


def add(turn: Turn, actor: str, command: AddPatch) -> None:
    """Tie a talkgroup to the meeting. One group is never in two conferences, one terminal never on two groups."""
    refusal = _why_not(turn, command)
    if refusal is not None:
        turn.reply = refusal
        return
    conference = turn.node.conferences[command.conference]
    voice = Participant(
        id=command.participant,
        conference=conference.id,
        kind=ParticipantKind.RADIO,
        name=command.name,
        state=ParticipantState.PRESENT,
        patch=command.patch,
        joined_at_s=turn.at_s,
    )
    patch = Patch(
        id=command.patch,
        conference=conference.id,
        terminal=command.terminal,
        gssi=command.gssi,
        participant=voice.id,
        name=command.name,
        created_at_s=turn.at_s,
        reason="the terminal is being set to the talkgroup",
    )
    turn.put(voice)
    turn.put(patch)
    turn.note(conference.id, NoteKind.PATCHED, voice.id, gssi=command.gssi, terminal=command.terminal)
    turn.note(conference.id, NoteKind.JOINED, voice.id, name=voice.name, by=voice.kind.value)
    turn.audit(actor, "patch.add", patch.id, gssi=command.gssi, terminal=command.terminal, conference=conference.id)
    turn.do(CreateMix(conference.mix, conference.id), OpenPath(patch.id, patch.terminal, conference.mix))
    meeting.announce(turn, conference, prompts.RADIO_PATCHED)
    terminal_changed(turn, patch)
    turn.reply = Done(patch.id)


def _why_not(turn: Turn, command: AddPatch) -> Refused | None:
    conference = turn.node.conferences.get(command.conference)
    if conference is None or conference.state is ConferenceState.ENDED:
        return Refused("not_found", "there is no such open conference", "conference")
    if command.terminal not in turn.node.terminals:
        return Refused("not_found", f"there is no terminal {command.terminal}", "terminal")
    for patch in turn.node.patches.values():
        if patch.state is PatchState.REMOVED:
            continue
        if patch.terminal == command.terminal:
            return Refused("conflict", f"terminal {command.terminal} is in use: remove its patch first", "terminal")
        if patch.gssi == command.gssi:
            return Refused("conflict", f"talkgroup {command.gssi} is already patched: remove that patch first", "gssi")
    return None


def remove(turn: Turn, actor: str, patch: Patch) -> None:
    _to(turn, patch, PatchState.REMOVED)
    turn.do(CeaseTransmit(patch.terminal), ClosePath(patch.id))
    turn.note(patch.conference, NoteKind.UNPATCHED, patch.participant, gssi=patch.gssi)
    turn.audit(actor, "patch.remove", patch.id, gssi=patch.gssi, terminal=patch.terminal)
    turn.drop_from("radio_heard", patch.id)
    voice = turn.node.participants.get(patch.participant)
    if voice is not None:
        meeting.leave(turn, voice)
    conference = turn.node.conferences.get(patch.conference)
    if conference is not None and conference.state is ConferenceState.ACTIVE:
        meeting.announce(turn, conference, prompts.RADIO_UNPATCHED)


def patch_on(turn: Turn, terminal: TerminalName) -> Patch | None:
    """The patch that a terminal serves, if any."""
    for patch in turn.node.patches.values():
        if patch.terminal == terminal and patch.state is not PatchState.REMOVED:
            return patch
    return None


# --- the terminal ---


def terminal_changed(turn: Turn, patch: Patch) -> None:
    """Bring the patch on line when its terminal stands on the group, and off line when it does not."""
    terminal = turn.node.terminals[patch.terminal]
    ready = terminal.state == TerminalState.READY.value
    if ready and terminal.gssi == patch.gssi:
        if patch.state is PatchState.OFFLINE:
            _to(turn, patch, PatchState.IDLE)
            _go_on(turn, turn.node.patches[patch.id])
        return
    if ready:
        reason = "the terminal is being set to the talkgroup"
        turn.do(SelectTalkgroup(patch.terminal, patch.gssi))
    else:
        reason = terminal.reason or f"the terminal is {terminal.state}"
    _go_offline(turn, patch, reason)


def path_up(turn: Turn, patch: Patch) -> None:
    """A new path knows nothing of what was asked of the old one: its gate is closed and it holds nothing."""
    turn.drop_from("radio_heard", patch.id)
    turn.put_passing(replace(patch, voice_held=False))
    meeting.refresh_microphones(turn, patch.conference)


def path_down(turn: Turn, patch: Patch, reason: str) -> None:
    """No audio path: what is on the air must not stay keyed."""
    if patch.state is PatchState.TRANSMITTING or patch.state in _ASKING:
        turn.do(CeaseTransmit(patch.terminal))
        _wait(turn, patch, reason)


def _go_offline(turn: Turn, patch: Patch, reason: str) -> None:
    if patch.state is PatchState.OFFLINE and patch.reason == reason:
        return
    was_online = patch.state is not PatchState.OFFLINE
    if was_online:
        _stop_sending(turn, patch)
        _talker_gone(turn, turn.node.patches[patch.id])
        meeting.whisper_to_hosts(turn, patch.conference, prompts.RADIO_LOST)
    _to(turn, turn.node.patches[patch.id], PatchState.OFFLINE, reason)
    turn.start_timer(TimerKind.RADIO_STALE, patch.id, turn.node.policy.radio.stale_s)


def drop_stale(turn: Turn, patch: Patch) -> None:
    """The talkgroup is still out of reach: nobody shall hear the meeting of a while ago when it comes back."""
    if patch.state is PatchState.OFFLINE:
        turn.put_passing(replace(patch, voice_held=False))
        turn.do(DropVoice(patch.id))
        turn.start_timer(TimerKind.RADIO_STALE, patch.id, turn.node.policy.radio.stale_s)


# --- radio users ---


def talk_started(turn: Turn, patch: Patch, event: RadioTalkStarted) -> None:
    """Somebody on the talkgroup talks. A repeat of the same state only brings a better identity."""
    first = patch.state is not PatchState.RECEIVING
    if patch.state is PatchState.TRANSMITTING:
        _stop_sending(turn, patch)
    elif patch.state in _ASKING:
        turn.do(CeaseTransmit(patch.terminal))
    talker = event.issi or patch.talker
    changed = first or talker != patch.talker
    patch = replace(turn.node.patches[patch.id], talker=talker, emergency=event.emergency)
    _to(turn, patch, PatchState.RECEIVING)
    voice = turn.node.participants[patch.participant]
    if event.emergency:
        turn.note(patch.conference, NoteKind.EMERGENCY, patch.participant, issi=talker or 0)
        meeting.whisper_to_hosts(turn, patch.conference, prompts.RADIO_EMERGENCY)
    if changed:
        turn.note(patch.conference, NoteKind.RADIO_TALK_STARTED, voice.id, issi=talker or 0, gssi=patch.gssi)
    conference = turn.node.conferences[patch.conference]
    if first and conference.floor.mode is not FloorMode.OPEN:
        meeting.request_floor(turn, voice)


def talk_stopped(turn: Turn, patch: Patch) -> None:
    if patch.state is not PatchState.RECEIVING:
        return
    _talker_gone(turn, patch)
    _to(turn, turn.node.patches[patch.id], PatchState.IDLE)
    conference = turn.node.conferences[patch.conference]
    if conference.floor.mode is FloorMode.QUEUE and conference.floor.holder == patch.participant:
        meeting.release_floor(turn, conference)
    _go_on(turn, turn.node.patches[patch.id])


def _talker_gone(turn: Turn, patch: Patch) -> None:
    if patch.state is not PatchState.RECEIVING:
        return
    turn.note(patch.conference, NoteKind.RADIO_TALK_STOPPED, patch.participant, issi=patch.talker or 0, gssi=patch.gssi)
    turn.put_passing(replace(patch, talker=None, emergency=False))


# --- the meeting's speech ---


def speech_began(turn: Turn, patch: Patch) -> None:
    """Somebody in the meeting talks: ask for the channel, unless it must wait for somebody."""
    patch = replace(patch, voice_held=True)
    turn.put_passing(patch)
    if patch.state is PatchState.IDLE:
        _demand(turn, patch)


def speech_drained(turn: Turn, patch: Patch) -> None:
    """All is said, and sent."""
    patch = replace(patch, voice_held=False)
    turn.put_passing(patch)
    if patch.state is PatchState.TRANSMITTING or patch.state in _ASKING:
        _stop_sending(turn, patch)
        turn.do(CeaseTransmit(patch.terminal))
        _tell_talkers(turn, patch, prompts.TONE_END)
        _to(turn, turn.node.patches[patch.id], PatchState.IDLE)


def _demand(turn: Turn, patch: Patch) -> None:
    _to(turn, patch, PatchState.DEMANDING)
    turn.do(DemandTransmit(patch.terminal, patch.gssi))
    turn.start_timer(TimerKind.RADIO_GRANT, patch.id, turn.node.policy.radio.grant_s)


def granted(turn: Turn, patch: Patch) -> None:
    """The channel is ours: from here on, and from here on only, audio goes out. A repeated grant changes nothing."""
    if patch.state is PatchState.TRANSMITTING:
        return
    if patch.state not in _ASKING:
        turn.do(CeaseTransmit(patch.terminal))
        return
    policy = turn.node.policy.radio
    _to(turn, replace(patch, transmission_began_at_s=turn.at_s), PatchState.TRANSMITTING)
    turn.do(SendVoice(patch.id))
    turn.start_timer(TimerKind.RADIO_WARN, patch.id, policy.warn_s)
    turn.start_timer(TimerKind.RADIO_CUT, patch.id, policy.cut_s)
    turn.note(patch.conference, NoteKind.TRANSMISSION_STARTED, patch.participant, gssi=patch.gssi)
    _tell_talkers(turn, patch, prompts.TONE_PERMIT)


def _tell_talkers(turn: Turn, patch: Patch, prompt: Prompt) -> None:
    """For the ears of those alone who are talking into the radio now."""
    for one in turn.present(patch.conference):
        if one.talking and one.kind is not ParticipantKind.RADIO:
            meeting.whisper(turn, one, prompt)


def queued(turn: Turn, patch: Patch) -> None:
    if patch.state is PatchState.DEMANDING:
        _to(turn, patch, PatchState.QUEUED)
        turn.start_timer(TimerKind.RADIO_GRANT, patch.id, turn.node.policy.radio.queued_s)


def refused(turn: Turn, patch: Patch, event: TransmitRefused) -> None:
    if patch.state in _ASKING:
        policy = turn.node.policy.radio
        _wait(turn, patch, event.reason, policy.retry_s if event.retry else policy.busy_hold_s)


def grant_overdue(turn: Turn, patch: Patch) -> None:
    """Nobody answered the demand; in some networks nobody ever does when another talks."""
    if patch.state in _ASKING:
        turn.do(CeaseTransmit(patch.terminal))
        _wait(turn, patch, "the network did not answer the demand")


def transmit_ended(turn: Turn, patch: Patch, *, lost: bool, reason: str) -> None:
    """Over. Ceased by us it is the answer to our own wish; lost, what is unsent waits for the next."""
    if lost and (patch.state is PatchState.TRANSMITTING or patch.state in _ASKING):
        _wait(turn, patch, reason or "the network withdrew the channel")


def _wait(turn: Turn, patch: Patch, reason: str, retry_s: float | None = None) -> None:
    policy = turn.node.policy.radio
    _stop_sending(turn, patch)
    patch = turn.node.patches[patch.id]
    _tell_talkers(turn, patch, prompts.TONE_DENIED)
    _to(turn, patch, PatchState.WAITING, reason)
    turn.start_timer(TimerKind.RADIO_RETRY, patch.id, policy.retry_s if retry_s is None else retry_s)


def retry(turn: Turn, patch: Patch) -> None:
    if patch.state is PatchState.WAITING:
        _to(turn, patch, PatchState.IDLE)
        _go_on(turn, turn.node.patches[patch.id])


# --- the minute ---


def warn(turn: Turn, patch: Patch) -> None:
    """Ten seconds are left of the minute."""
    if patch.state is PatchState.TRANSMITTING:
        _tell_talkers(turn, patch, prompts.TONE_WARNING)


def cut(turn: Turn, patch: Patch) -> None:
    """The minute is up: stop sending, let others in for a moment; what is said meanwhile is held."""
    if patch.state is not PatchState.TRANSMITTING:
        return
    _stop_sending(turn, patch)
    turn.do(CeaseTransmit(patch.terminal))
    _to(turn, turn.node.patches[patch.id], PatchState.PAUSING)
    turn.start_timer(TimerKind.RADIO_PAUSE, patch.id, turn.node.policy.radio.pause_s)


def pause_over(turn: Turn, patch: Patch) -> None:
    if patch.state is PatchState.PAUSING:
        _to(turn, patch, PatchState.IDLE)
        _go_on(turn, turn.node.patches[patch.id])


def _go_on(turn: Turn, patch: Patch) -> None:
    """The channel is free: whatever is held asks for it."""
    if patch.voice_held and patch.state is PatchState.IDLE:
        _demand(turn, patch)


def _stop_sending(turn: Turn, patch: Patch) -> None:
    """Nothing goes out from here on. What was unsent is held, and `bridge.media` says so by `SpeechBegan`."""
    if patch.state is not PatchState.TRANSMITTING:
        return
    turn.do(HoldVoice(patch.id))
    turn.note(
        patch.conference,
        NoteKind.TRANSMISSION_STOPPED,
        patch.participant,
        gssi=patch.gssi,
        duration_s=round(turn.at_s - (patch.transmission_began_at_s or turn.at_s), 3),
    )
    turn.put_passing(replace(patch, transmission_began_at_s=None, voice_held=False))


def _to(turn: Turn, patch: Patch, state: PatchState, reason: str | None = None) -> None:
    """Change state. Only what a restart must know is committed; the rest passes too often."""
    for kind in _TIMERS:
        turn.stop_timer(kind, patch.id)
    was_receiving = turn.node.patches[patch.id].state is PatchState.RECEIVING
    changed = replace(patch, state=state, reason=reason)
    if state is PatchState.REMOVED:
        turn.put(changed)
    else:
        turn.put_passing(changed)
    if was_receiving is not (state is PatchState.RECEIVING):
        meeting.refresh_microphones(turn, patch.conference)
