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
from bridge.domain.effects import (
    ArmVoice,
    CeaseTransmit,
    DemandTransmit,
    DropVoice,
    HoldVoice,
    SayOnAir,
    SelectTalkgroup,
    SendVoice,
)
from bridge.domain.events import RadioTalkStarted, TerminalState, TimerKind, TransmitRefused
from bridge.domain.ids import ConferenceId, TerminalName
from bridge.domain.model import (
    ConferenceState,
    FloorMode,
    Keying,
    NoteKind,
    ParticipantKind,
    ParticipantState,
    Patch,
    PatchState,
    Precedence,
    Role,
)
from bridge.domain.node import Node
from bridge.domain.prompts import Prompt
from bridge.domain.turn import Turn

BEING_SET: Final = "the terminal is being set to the talkgroup"
WRONG_MODE: Final = "wrong_mode"
"""The alarm of a terminal outside the network."""
STALE_EVERY_S: Final = 1.0
"""How often what is held for a talkgroup out of reach is looked through for what is too old."""
MOST_DOUBLINGS: Final = 10
_ASKING: Final = frozenset({PatchState.DEMANDING, PatchState.QUEUED})
_TIMERS: Final = (
    TimerKind.RADIO_GRANT,
    TimerKind.RADIO_WARN,
    TimerKind.RADIO_CUT,
    TimerKind.RADIO_PAUSE,
    TimerKind.RADIO_RETRY,
    TimerKind.RADIO_STALE,
)


def patch_on(turn: Turn, terminal: TerminalName) -> Patch | None:
    """The patch that a terminal serves, if any; one that waits for approval has no terminal yet."""
    return connected_on(turn.node, terminal)


def connected_on(node: Node, terminal: TerminalName) -> Patch | None:
    """As `patch_on`, for a node that is only read."""
    return next((one for one in node.patches.values() if one.terminal == terminal and is_connected(one)), None)


def is_connected(patch: Patch) -> bool:
    """It has been made, and approved where that is needed; its talkgroup may be out of reach all the same."""
    return patch.state not in (PatchState.REMOVED, PatchState.ASKED)


def has_the_channel(patch: Patch) -> bool:
    """Whether the channel is ours, or is asked for: then it must not be let go of by an old order."""
    return patch.state is PatchState.TRANSMITTING or patch.state in _ASKING or patch.breaking_in


def end(turn: Turn, patch: Patch) -> None:
    """The patch is no more."""
    _to(turn, turn.node.patches[patch.id], PatchState.REMOVED)


# --- what keys it ---


def refresh_arming(turn: Turn, patch: Patch) -> None:
    """Tell the path whether the meeting's speech is for the air now; only differences are sent."""
    if patch.state in (PatchState.ASKED, PatchState.REMOVED) or patch.id not in turn.node.paths:
        return
    armed = _is_armed(turn, patch)
    if turn.node.armed.get(patch.id, True) is not armed:
        turn.set_in("armed", patch.id, armed)
        turn.do(ArmVoice(patch.id, armed))


def _is_armed(turn: Turn, patch: Patch) -> bool:
    conference = turn.node.conferences[patch.conference]
    if patch.closing or patch.looped or conference.state is ConferenceState.ENDED:
        return False
    match patch.keying:
        case Keying.VOICE:
            return True
        case Keying.KEY:
            return patch.keyed_by is not None
        case Keying.FLOOR:
            holder = conference.floor.holder
            return holder is not None and holder != patch.participant


# --- the terminal ---


def terminal_changed(turn: Turn, patch: Patch) -> None:
    """Bring the patch on line when its terminal stands on the group, and off line when it does not."""
    terminal = turn.node.terminals[patch.terminal]
    ready = terminal.state == TerminalState.READY.value
    if ready and terminal.gssi == patch.gssi:
        if patch.state is PatchState.OFFLINE:
            turn.stop_timer(TimerKind.RADIO_TAKEOVER, patch.id)
            turn.drop_from("refusals", patch.id)
            turn.do(DropVoice(patch.id, turn.node.policy.radio.stale_s))
            _to(turn, patch, PatchState.IDLE)
            _tell_linked(turn, turn.node.patches[patch.id])
            _go_on(turn, turn.node.patches[patch.id])
        return
    if not ready:
        turn.drop_from("refusals", patch.id)
        _go_offline(turn, patch, terminal.reason or f"the terminal is {terminal.state}")
    elif patch.id not in turn.node.refusals:  # else its own timer asks again
        turn.do(SelectTalkgroup(patch.terminal, patch.gssi))
        _go_offline(turn, patch, BEING_SET)


def not_selected(turn: Turn, patch: Patch, reason: str) -> None:
    """The terminal does not take the talkgroup: shown with its reason, asked for again ever more seldom. A spare may
    take over."""
    terminal = turn.node.terminals.get(patch.terminal)
    if patch.state is not PatchState.OFFLINE or terminal is None or terminal.state != TerminalState.READY.value:
        return
    policy, before = turn.node.policy.radio, turn.node.refusals.get(patch.id, 0)
    turn.set_in("refusals", patch.id, before + 1)
    _go_offline(turn, patch, f"the terminal does not take talkgroup {patch.gssi}: {reason}")
    after_s = min(policy.select_longest_s, policy.select_retry_s * 2 ** min(before, MOST_DOUBLINGS))
    turn.start_timer(TimerKind.RADIO_RETRY, patch.id, after_s)
    if not before:
        turn.audit("samband", "radio.not_selected", patch.id, gssi=patch.gssi, reason=reason)
        meeting.whisper_to_hosts(turn, patch.conference, prompts.RADIO_LOST)


def _tell_linked(turn: Turn, patch: Patch) -> None:
    """The first time in words: to the telephones, and apart from that to the talkgroup where it wants to be told."""
    if patch.announced:
        meeting.whisper_to_hosts(turn, patch.conference, prompts.RADIO_BACK)
        return
    turn.put_passing(replace(patch, announced=True))
    conference = turn.node.conferences[patch.conference]
    recorded = conference.recording.wanted
    if patch.notice:
        on_air = (prompts.AIR_OPENED, prompts.AIR_RECORDED) if recorded else (prompts.AIR_OPENED,)
        turn.do(SayOnAir(patch.id, on_air, conference.language))
    tell_telephones(turn, conference.id, prompts.RADIO_PATCHED)


def tell_telephones(turn: Turn, conference: ConferenceId, *said: Prompt) -> None:
    """Each for themselves and never into the mix: what is said there goes on the air too."""
    for one in turn.present(conference):
        meeting.whisper(turn, one, *said)


def path_up(turn: Turn, patch: Patch) -> None:
    """A new path knows nothing of what was asked of the old one: its gate is closed and it holds nothing."""
    turn.drop_from("radio_heard", patch.id)
    turn.drop_from("armed", patch.id)
    turn.put_passing(replace(patch, voice_held=False, ending=False))
    meeting.refresh_microphones(turn, patch.conference)
    refresh_arming(turn, patch)


def path_down(turn: Turn, patch: Patch, reason: str) -> None:
    """No audio path: what is on the air must not stay keyed."""
    if patch.state is PatchState.TRANSMITTING or patch.state in _ASKING:
        turn.do(CeaseTransmit(patch.terminal))
        _wait(turn, patch, reason)


def cannot_send(turn: Turn, patch: Patch, reason: str) -> None:
    """Granted, and the path takes nothing: a keyed channel without a voice is let go of. The path tells anew what it
    holds when it is up again."""
    if patch.state is PatchState.TRANSMITTING:
        turn.do(CeaseTransmit(patch.terminal))
        _wait(turn, patch, reason)


def _go_offline(turn: Turn, patch: Patch, reason: str) -> None:
    if patch.state is PatchState.OFFLINE and patch.reason == reason:
        return
    if patch.state is not PatchState.OFFLINE:
        _stop_sending(turn, patch)
        _talker_gone(turn, turn.node.patches[patch.id])
        meeting.whisper_to_hosts(turn, patch.conference, prompts.RADIO_LOST)
        tell_unheard(turn, patch)
        watch_for_spare(turn, patch)
    _to(turn, turn.node.patches[patch.id], PatchState.OFFLINE, reason)
    turn.start_timer(TimerKind.RADIO_STALE, patch.id, STALE_EVERY_S)


def watch_for_spare(turn: Turn, patch: Patch) -> None:
    """Runs for as long as the talkgroup cannot be reached, from whatever the patch was before."""
    if turn.node.policy.radio.takeover_s:
        turn.start_timer(TimerKind.RADIO_TAKEOVER, patch.id, turn.node.policy.radio.takeover_s)


def tell_unheard(turn: Turn, patch: Patch) -> None:
    """Who talks now, and thinks that the talkgroup hears it. The hosts are told anyhow."""
    if not _is_armed(turn, patch):
        return
    for one in turn.present(patch.conference):
        if one.talking and one.role is not Role.HOST:
            meeting.whisper(turn, one, prompts.RADIO_LOST)


def drop_stale(turn: Turn, patch: Patch) -> None:
    """The talkgroup is still out of reach: what was said a while ago is not sent when it comes back. The path tells
    when nothing is left."""
    if patch.state is PatchState.OFFLINE:
        turn.do(DropVoice(patch.id, turn.node.policy.radio.stale_s))
        turn.start_timer(TimerKind.RADIO_STALE, patch.id, STALE_EVERY_S)


# --- radio users ---


def talk_started(turn: Turn, patch: Patch, event: RadioTalkStarted) -> None:
    """Somebody on the talkgroup talks. A repeat of the same state only brings a better identity. What a terminal hears
    outside the network, in direct mode, is another talkgroup's."""
    outside = WRONG_MODE in turn.node.terminals[patch.terminal].alarms
    if outside or event.gssi not in (None, patch.gssi):
        return
    first = patch.state is not PatchState.RECEIVING
    if patch.state is PatchState.TRANSMITTING:
        _stop_sending(turn, patch)
    elif patch.state in _ASKING:
        turn.do(CeaseTransmit(patch.terminal))
    talker = event.issi or patch.talker
    changed = first or talker != patch.talker
    another = first or (patch.talker is not None and changed)
    patch = replace(turn.node.patches[patch.id], talker=talker, emergency=event.emergency)
    if another:
        patch = replace(patch, talk_began_at_s=turn.at_s)
    patch = _guard_against_loop(turn, patch, event, first=first)
    if event.emergency and patch.breaking_in:
        turn.do(CeaseTransmit(patch.terminal))
        patch = replace(patch, breaking_in=False)
    if first:
        _to(turn, patch, PatchState.RECEIVING)
    else:
        turn.put_passing(patch)
        meeting.refresh_microphones(turn, patch.conference)
    voice = turn.node.participants[patch.participant]
    if event.emergency:
        turn.note(patch.conference, NoteKind.EMERGENCY, patch.participant, issi=talker or 0)
        meeting.whisper_to_hosts(turn, patch.conference, prompts.RADIO_EMERGENCY)
    if changed:
        turn.note(patch.conference, NoteKind.RADIO_TALK_STARTED, voice.id, issi=talker or 0, gssi=patch.gssi)
    conference = turn.node.conferences[patch.conference]
    present = voice.state is ParticipantState.PRESENT
    if first and present and not patch.looped and conference.floor.mode is not FloorMode.OPEN:
        meeting.request_floor(turn, voice)
    patch = turn.node.patches[patch.id]
    if first and patch.voice_held:
        _break_in(turn, patch)


def _guard_against_loop(turn: Turn, patch: Patch, event: RadioTalkStarted, *, first: bool) -> Patch:
    """Two talkgroups of ours that are linked in the network already: each would hear the other through us, for ever.

    The sure signs are one of our own terminals as the talker, and a user who begins in two groups at once: in the
    second he is not let through. Where no identity is told, a talker who begins within a moment of our own start on
    another group is suspected; after some in a row it is taken as that. Meanwhile the network carries all that the
    meeting says into this group too: nothing of it is held for here.
    """
    own = {one.issi for name, one in turn.node.terminals.items() if name != patch.terminal and one.issi is not None}
    looped = event.issi in own or _began_elsewhere_too(turn, patch)
    if first and event.issi is not None:
        turn.drop_from("loops", patch.id)
    if first and event.issi is None:
        in_a_row = turn.node.loops.get(patch.id, 0) + 1 if _just_began_elsewhere(turn, patch) else 0
        turn.set_in("loops", patch.id, in_a_row)
        looped = in_a_row >= turn.node.policy.radio.loop_count
    elif event.issi is None:
        looped = patch.looped
    if looped and not patch.looped:
        turn.note(patch.conference, NoteKind.RADIO_LOOP, patch.participant, gssi=patch.gssi, issi=event.issi or 0)
        turn.audit("samband", "radio.loop", patch.id, gssi=patch.gssi, issi=event.issi)
        meeting.whisper_to_hosts(turn, patch.conference, prompts.RADIO_LOOP)
        turn.do(DropVoice(patch.id))
    return replace(patch, looped=looped)


def _began_elsewhere_too(turn: Turn, patch: Patch) -> bool:
    """The same user, at the same moment. Later he may have changed groups, and his end in the first not been told."""
    began_at_s = patch.talk_began_at_s
    return any(
        other.id != patch.id
        and other.talker == patch.talker
        and not other.looped
        and other.talk_began_at_s is not None
        and abs(began_at_s - other.talk_began_at_s) <= turn.node.policy.radio.loop_s
        for other in turn.patches_of(patch.conference)
        if began_at_s is not None and patch.talker is not None
    )


def _just_began_elsewhere(turn: Turn, patch: Patch) -> bool:
    return any(
        other.id != patch.id
        and other.transmission_began_at_s is not None
        and turn.at_s - other.transmission_began_at_s <= turn.node.policy.radio.loop_s
        for other in turn.patches_of(patch.conference)
    )


def talk_stopped(turn: Turn, patch: Patch) -> None:
    if patch.state is not PatchState.RECEIVING:
        return
    talked_s = turn.at_s - (patch.talk_began_at_s or turn.at_s)
    _talker_gone(turn, patch)
    _to(turn, turn.node.patches[patch.id], PatchState.IDLE)
    conference = turn.node.conferences[patch.conference]
    if conference.floor.mode is FloorMode.QUEUE and conference.floor.holder == patch.participant:
        meeting.release_floor(turn, conference)
    elif talked_s < turn.node.policy.radio.kerchunk_s and patch.participant in conference.floor.queue:
        meeting.withdraw_request(turn, turn.node.participants[patch.participant])
    _go_on(turn, turn.node.patches[patch.id])


def _talker_gone(turn: Turn, patch: Patch) -> None:
    if patch.state is not PatchState.RECEIVING:
        return
    turn.note(
        patch.conference,
        NoteKind.RADIO_TALK_STOPPED,
        patch.participant,
        issi=patch.talker or 0,
        gssi=patch.gssi,
        duration_s=round(turn.at_s - (patch.talk_began_at_s or turn.at_s), 3),
    )
    gone = replace(patch, talker=None, emergency=False, talk_began_at_s=None, looped=False, breaking_in=False)
    turn.put_passing(replace(gone, used_at_s=turn.at_s))
    if patch.looped:
        refresh_arming(turn, turn.node.patches[patch.id])
        turn.do(DropVoice(patch.id))  # the last of it is still on its way through the meeting


# --- the meeting's speech ---


def speech_began(turn: Turn, patch: Patch) -> None:
    """Somebody in the meeting talks: ask for the channel, unless it must wait for somebody."""
    patch = replace(patch, voice_held=True)
    turn.put_passing(patch)
    if patch.state is PatchState.IDLE:
        _demand(turn, patch)
    elif patch.state is PatchState.RECEIVING:
        _break_in(turn, patch)
    elif patch.state is PatchState.OFFLINE:
        tell_unheard(turn, patch)


def _break_in(turn: Turn, patch: Patch) -> None:
    """Phones first: the radio user who talks is asked to give way, and is heard until they do. Not in an emergency, and
    not for what the network carries into this group already."""
    if patch.precedence is not Precedence.PHONE or patch.emergency or patch.breaking_in or patch.looped:
        return
    turn.put_passing(replace(patch, breaking_in=True))
    turn.do(DemandTransmit(patch.terminal, patch.gssi, preempt=True))
    turn.start_timer(TimerKind.RADIO_GRANT, patch.id, turn.node.policy.radio.grant_s)


def speech_drained(turn: Turn, patch: Patch) -> None:
    """All is said, and sent."""
    patch = replace(patch, voice_held=False, used_at_s=turn.at_s)
    turn.put_passing(patch)
    if patch.breaking_in:
        turn.put_passing(replace(patch, breaking_in=False))
        turn.do(CeaseTransmit(patch.terminal))
    elif patch.state is PatchState.TRANSMITTING and patch.spoken_end and not patch.ending and not patch.closing:
        language = turn.node.conferences[patch.conference].language
        turn.put_passing(replace(patch, ending=True))
        turn.do(SayOnAir(patch.id, (prompts.AIR_OVER,), language))
    elif patch.state is PatchState.TRANSMITTING or patch.state in _ASKING:
        _stop_sending(turn, patch, withdrawn=False)
        turn.do(CeaseTransmit(patch.terminal))
        _tell_talkers(turn, patch, prompts.TONE_END)
        _to(turn, turn.node.patches[patch.id], PatchState.IDLE)


def voice_stuck(turn: Turn, patch: Patch, *, stuck: bool) -> None:
    """A steady noise is no speech: the path keeps it off the air; the hosts learn of it, once each time."""
    if stuck:
        turn.audit("samband", "radio.voice_stuck", patch.id, gssi=patch.gssi)
        meeting.whisper_to_hosts(turn, patch.conference, prompts.RADIO_STUCK)


def _demand(turn: Turn, patch: Patch) -> None:
    _to(turn, patch, PatchState.DEMANDING)
    turn.do(DemandTransmit(patch.terminal, patch.gssi))
    turn.start_timer(TimerKind.RADIO_GRANT, patch.id, turn.node.policy.radio.grant_s)


def granted(turn: Turn, patch: Patch) -> None:
    """The channel is ours: from here on, and from here on only, audio goes out. A repeated grant changes nothing."""
    if patch.state is PatchState.TRANSMITTING:
        return
    if patch.state not in _ASKING and not patch.breaking_in:
        turn.do(CeaseTransmit(patch.terminal))
        return
    if patch.state is PatchState.RECEIVING:
        _talker_gone(turn, patch)
        patch = turn.node.patches[patch.id]
    policy = turn.node.policy.radio
    _to(turn, replace(patch, transmission_began_at_s=turn.at_s), PatchState.TRANSMITTING)
    turn.do(SendVoice(patch.id))
    turn.start_timer(TimerKind.RADIO_WARN, patch.id, policy.warn_s)
    turn.start_timer(TimerKind.RADIO_CUT, patch.id, policy.cut_s)
    turn.note(patch.conference, NoteKind.TRANSMISSION_STARTED, patch.participant, gssi=patch.gssi)
    _tell_talkers(turn, patch, prompts.TONE_PERMIT)


def _tell_talkers(turn: Turn, patch: Patch, *said: Prompt) -> None:
    """For the ears of those alone who are talking into the radio now."""
    for one in turn.present(patch.conference):
        if one.talking and one.kind is not ParticipantKind.RADIO:
            meeting.whisper(turn, one, *said)


def queued(turn: Turn, patch: Patch) -> None:
    if patch.state is PatchState.DEMANDING:
        _to(turn, patch, PatchState.QUEUED)
        turn.start_timer(TimerKind.RADIO_GRANT, patch.id, turn.node.policy.radio.queued_s)
        _tell_talkers(turn, patch, prompts.TONE_QUEUED)
    elif patch.breaking_in:
        turn.start_timer(TimerKind.RADIO_GRANT, patch.id, turn.node.policy.radio.queued_s)


def refused(turn: Turn, patch: Patch, event: TransmitRefused) -> None:
    if patch.state in _ASKING:
        policy = turn.node.policy.radio
        _wait(turn, patch, event.reason, policy.retry_s if event.retry else policy.busy_hold_s)
    elif patch.breaking_in:
        _give_way(turn, patch)


def grant_overdue(turn: Turn, patch: Patch) -> None:
    """Nobody answered the demand; in some networks nobody ever does when another talks."""
    if patch.state in _ASKING:
        turn.do(CeaseTransmit(patch.terminal))
        _wait(turn, patch, "the network did not answer the demand")
    elif patch.breaking_in:
        turn.do(CeaseTransmit(patch.terminal))
        _give_way(turn, patch)


def _give_way(turn: Turn, patch: Patch) -> None:
    """The network does not let us break in: what was said is held until the radio user is done."""
    turn.stop_timer(TimerKind.RADIO_GRANT, patch.id)
    turn.put_passing(replace(patch, breaking_in=False))
    _tell_talkers(turn, patch, prompts.TONE_DENIED)


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
    elif patch.state is PatchState.OFFLINE and patch.id in turn.node.refusals:
        turn.do(SelectTalkgroup(patch.terminal, patch.gssi))


# --- the minute ---


def warn(turn: Turn, patch: Patch) -> None:
    """Ten seconds are left of the minute."""
    if patch.state is PatchState.TRANSMITTING:
        _tell_talkers(turn, patch, prompts.TONE_WARNING, prompts.RADIO_TEN_SECONDS)


def cut(turn: Turn, patch: Patch) -> None:
    """The minute is up: stop sending, let others in for a moment; what is said meanwhile is held."""
    if patch.state is not PatchState.TRANSMITTING:
        return
    _stop_sending(turn, patch, withdrawn=False)
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


def _stop_sending(turn: Turn, patch: Patch, *, withdrawn: bool = True) -> None:
    """Nothing goes out from here on. What was unsent is held, and `bridge.media` says so by `SpeechBegan`."""
    if patch.state is not PatchState.TRANSMITTING:
        return
    turn.do(HoldVoice(patch.id, withdrawn))
    turn.note(
        patch.conference,
        NoteKind.TRANSMISSION_STOPPED,
        patch.participant,
        gssi=patch.gssi,
        duration_s=round(turn.at_s - (patch.transmission_began_at_s or turn.at_s), 3),
    )
    turn.put_passing(replace(patch, transmission_began_at_s=None, voice_held=False, ending=False, used_at_s=turn.at_s))


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
