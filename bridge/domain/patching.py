"""The life of a patch (*sammankoppling*): asked for, approved, connected, leased, handed to a spare terminal, closed.

::

    add ──approval demanded──▶ ASKED ──somebody else approves──▶ connected ──▶ closing ──▶ REMOVED
     └──────────────────────────────────────────────────────────▶   │  ▲          ▲
                                                terminal away for   │  │          │ removed, lease over, unused,
                                                `takeover_s`        └──┘          │ conference ended
                                                a spare takes it over             └ the talkgroup is told first

One group is never in two conferences, one terminal never on two groups. What goes on while it is connected is in
`bridge.domain.radiolink`.
"""

from dataclasses import replace

from bridge.domain import meeting, prompts, radiolink
from bridge.domain.commands import AddPatch, ApprovePatch, Done, ExtendPatch, KeyRadio, Refused, SetPatch
from bridge.domain.effects import CeaseTransmit, ClosePath, CreateMix, OpenPath, SayOnAir, SetRadioHeard
from bridge.domain.events import TerminalState, TimerKind
from bridge.domain.ids import Gssi, TerminalName
from bridge.domain.model import (
    Conference,
    ConferenceState,
    Keying,
    NoteKind,
    Participant,
    ParticipantKind,
    ParticipantState,
    Patch,
    PatchState,
    TerminalPolicy,
)
from bridge.domain.turn import Turn

_TIMERS = (TimerKind.RADIO_LEASE, TimerKind.RADIO_IDLE, TimerKind.RADIO_TAKEOVER, TimerKind.RADIO_CLOSING)
LEASE_ROUNDING_S = 0.5
"""A lease with less than this left is over."""
NO_TERMINAL = TerminalName("")
"""Of a patch that waits for approval and was asked for without naming one."""


# --- asked for ---


def add(turn: Turn, actor: str, command: AddPatch) -> None:
    """Tie a talkgroup to the meeting, or ask for it where the talkgroup demands approval."""
    refusal = _why_not(turn, command)
    if refusal is not None:
        turn.reply = refusal
        return
    terminal = command.terminal or choose_terminal(turn, command.gssi, command.terminals)
    if terminal is None and (
        not command.approval_required or not _who_may_serve(turn, command.gssi, command.terminals)
    ):
        turn.reply = _no_terminal(turn, command.gssi, command.terminals)
        return
    patch = Patch(
        id=command.patch,
        conference=command.conference,
        terminal=command.terminal or (NO_TERMINAL if command.approval_required else terminal or NO_TERMINAL),
        gssi=command.gssi,
        participant=command.participant,
        name=command.name,
        state=PatchState.ASKED,
        reason="waits for the approval of somebody else",
        created_at_s=turn.at_s,
        keying=command.keying,
        precedence=command.precedence,
        asked_by=actor,
        terminals=command.terminals,
        lease_s=command.lease_s,
        idle_s=command.idle_s,
        notice=command.notice,
        spoken_end=command.spoken_end,
    )
    turn.reply = Done(patch.id)
    if command.approval_required:
        turn.put(patch)
        turn.note(patch.conference, NoteKind.PATCH_ASKED, None, gssi=patch.gssi, by=actor)
        turn.audit(actor, "patch.ask", patch.id, gssi=patch.gssi, conference=patch.conference)
        meeting.whisper_to_hosts(turn, patch.conference, prompts.RADIO_APPROVAL)
    else:
        _connect(turn, actor, patch)


def _why_not(turn: Turn, command: AddPatch) -> Refused | None:
    conference = turn.node.conferences.get(command.conference)
    if conference is None or conference.state is ConferenceState.ENDED:
        return Refused("not_found", "there is no such open conference", "conference")
    if command.terminal is not None and command.terminal not in turn.node.terminals:
        return Refused("not_found", f"there is no terminal {command.terminal}", "terminal")
    if command.terminal is not None and not _may_serve(turn, command.terminal, command.gssi, command.terminals):
        reason = f"terminal {command.terminal} may not use talkgroup {command.gssi}, by its settings or the directory"
        return Refused("not_allowed", reason, "terminal")
    for patch in turn.node.patches.values():
        if patch.state is PatchState.REMOVED or patch.closing:
            continue
        if patch.gssi == command.gssi:
            return Refused("conflict", f"talkgroup {command.gssi} is already patched: remove that patch first", "gssi")
        if patch.terminal == command.terminal and patch.state is not PatchState.ASKED:
            return Refused("conflict", f"terminal {command.terminal} is in use: remove its patch first", "terminal")
    return None


def approve(turn: Turn, actor: str, command: ApprovePatch) -> None:
    """Four eyes: the one who asked cannot be the one who approves."""
    patch = _find(turn, command)
    if patch is None:
        return
    if patch.state is not PatchState.ASKED:
        turn.reply = Done(patch.id)
        return
    if actor == patch.asked_by:
        turn.reply = Refused("not_allowed", f"{actor} asked for it: somebody else must approve")
        return
    terminal = patch.terminal or choose_terminal(turn, patch.gssi, patch.terminals)
    if not terminal or _live_on(turn, terminal):
        turn.reply = _no_terminal(turn, patch.gssi, patch.terminals)
        return
    turn.note(patch.conference, NoteKind.PATCH_APPROVED, None, gssi=patch.gssi, by=actor)
    turn.audit(actor, "patch.approve", patch.id, gssi=patch.gssi, asked_by=patch.asked_by)
    _connect(turn, patch.asked_by, replace(patch, terminal=terminal, approved_by=actor))
    turn.reply = Done(patch.id)


def choose_terminal(turn: Turn, gssi: Gssi, allowed: tuple[TerminalName, ...] = ()) -> TerminalName | None:
    """A free one that may use the talkgroup: ready before not ready, spares last, else in order of name."""
    free = [
        (view.state != TerminalState.READY.value, _policy(turn, name).spare, name)
        for name, view in turn.node.terminals.items()
        if _may_serve(turn, name, gssi, allowed) and not _live_on(turn, name)
    ]
    return min(free)[2] if free else None


def _no_terminal(turn: Turn, gssi: Gssi, allowed: tuple[TerminalName, ...]) -> Refused:
    """In use is another matter than not allowed: waiting helps against the one only."""
    if not turn.node.terminals:
        return Refused("unavailable", "no radio terminal is configured", "terminal")
    if not _who_may_serve(turn, gssi, allowed):
        reason = f"no terminal may use talkgroup {gssi}, by its settings or the directory"
        return Refused("not_allowed", reason, "terminal")
    reason = f"every terminal that may use talkgroup {gssi} is in use: remove a patch first"
    return Refused("unavailable", reason, "terminal", retry=True)


def _who_may_serve(turn: Turn, gssi: Gssi, allowed: tuple[TerminalName, ...]) -> list[TerminalName]:
    return [name for name in turn.node.terminals if _may_serve(turn, name, gssi, allowed)]


def _may_serve(turn: Turn, terminal: TerminalName, gssi: Gssi, allowed: tuple[TerminalName, ...]) -> bool:
    return _policy(turn, terminal).may_use(gssi) and (not allowed or terminal in allowed)


def _policy(turn: Turn, terminal: TerminalName) -> TerminalPolicy:
    return next((one for one in turn.node.policy.terminals if one.name == terminal), TerminalPolicy(terminal))


def _live_on(turn: Turn, terminal: TerminalName) -> bool:
    patch = radiolink.patch_on(turn, terminal)
    return patch is not None and not patch.closing


# --- connected ---


def _connect(turn: Turn, actor: str, patch: Patch) -> None:
    """From here on the terminal is the patch's. One that is still saying farewell on it is cut short."""
    leaving = radiolink.patch_on(turn, patch.terminal)
    if leaving is not None:
        finish(turn, leaving)
    conference = turn.node.conferences[patch.conference]
    voice = Participant(
        id=patch.participant,
        conference=conference.id,
        kind=ParticipantKind.RADIO,
        name=patch.name,
        state=ParticipantState.PRESENT,
        patch=patch.id,
        joined_at_s=turn.at_s,
    )
    patch = replace(
        patch,
        state=PatchState.OFFLINE,
        reason=radiolink.BEING_SET,
        lease_until_s=None if patch.lease_s is None else turn.at_s + patch.lease_s,
        used_at_s=turn.at_s,
    )
    turn.put(voice)
    turn.put(patch)
    turn.note(conference.id, NoteKind.PATCHED, voice.id, gssi=patch.gssi, terminal=patch.terminal)
    turn.note(conference.id, NoteKind.JOINED, voice.id, name=voice.name, by=voice.kind.value)
    turn.audit(actor, "patch.add", patch.id, gssi=patch.gssi, terminal=patch.terminal, conference=conference.id)
    open_path(turn, patch)
    _watch_lease(turn, patch)
    radiolink.watch_for_spare(turn, patch)
    radiolink.terminal_changed(turn, turn.node.patches[patch.id])


def open_path(turn: Turn, patch: Patch) -> None:
    """Order the audio path, to whichever terminal the patch has now."""
    conference = turn.node.conferences[patch.conference]
    turn.set_in("paths", patch.id, True)
    turn.do(CreateMix(conference.mix, conference.id), OpenPath(patch.id, patch.terminal, conference.mix))


def resume(turn: Turn, patch: Patch) -> None:
    """After a restart of the controller: its timers are lost, and a farewell under way is cut short."""
    if patch.state is PatchState.ASKED:
        return
    if patch.closing:
        finish(turn, patch)
        return
    turn.put_passing(
        replace(
            patch,
            state=PatchState.OFFLINE,
            announced=True,
            track=None,
            talker=None,
            voice_held=False,
            breaking_in=False,
            ending=False,
            looped=False,
            keyed_by=None,
            talk_began_at_s=None,
            used_at_s=turn.at_s,
        )
    )
    _watch_lease(turn, patch)
    radiolink.watch_for_spare(turn, patch)


# --- lease and use ---


def _watch_lease(turn: Turn, patch: Patch) -> None:
    if patch.lease_until_s is not None:
        left_s = patch.lease_until_s - turn.at_s
        warn_s = turn.node.policy.radio.lease_warn_s
        turn.start_timer(TimerKind.RADIO_LEASE, patch.id, max(0.0, left_s - warn_s if left_s > warn_s else left_s))
    else:
        turn.stop_timer(TimerKind.RADIO_LEASE, patch.id)
    if patch.idle_s is not None:
        turn.start_timer(TimerKind.RADIO_IDLE, patch.id, patch.idle_s)


def lease_due(turn: Turn, patch: Patch) -> None:
    """It is over, or soon will be."""
    if patch.lease_until_s is None:
        return
    left_s = patch.lease_until_s - turn.at_s
    if left_s > LEASE_ROUNDING_S:
        meeting.whisper_to_hosts(turn, patch.conference, prompts.RADIO_LEASE_SOON)
        turn.start_timer(TimerKind.RADIO_LEASE, patch.id, left_s)
        return
    meeting.whisper_to_hosts(turn, patch.conference, prompts.RADIO_LEASE_OVER)
    remove(turn, "samband: the lease is over", patch)


def idle_due(turn: Turn, patch: Patch) -> None:
    """Nobody has talked for long: if that is so, the talkgroup is given back to its users."""
    if patch.idle_s is None:
        return
    busy = patch.state not in (PatchState.IDLE, PatchState.OFFLINE)
    left_s = patch.idle_s if busy else patch.used_at_s + patch.idle_s - turn.at_s
    if left_s > 0:
        turn.start_timer(TimerKind.RADIO_IDLE, patch.id, left_s)
        return
    meeting.whisper_to_hosts(turn, patch.conference, prompts.RADIO_IDLE)
    remove(turn, "samband: not in use", patch)


def extend(turn: Turn, actor: str, command: ExtendPatch) -> None:
    patch = _find(turn, command)
    if patch is None:
        return
    if patch.state is PatchState.ASKED or patch.closing:
        turn.reply = Refused("conflict", "the patch is not connected")
        return
    until_s = None if command.lease_s is None else turn.at_s + command.lease_s
    patch = replace(patch, lease_until_s=until_s)
    turn.put(patch)
    turn.audit(actor, "patch.extend", patch.id, lease_s=command.lease_s)
    _watch_lease(turn, patch)
    turn.reply = Done(patch.id)


# --- how it is keyed ---


def change(turn: Turn, actor: str, command: SetPatch) -> None:
    patch = _find(turn, command)
    if patch is None:
        return
    changed = replace(
        patch,
        keying=command.keying or patch.keying,
        precedence=command.precedence or patch.precedence,
        spoken_end=patch.spoken_end if command.spoken_end is None else command.spoken_end,
    )
    if changed.keying is not Keying.KEY:
        changed = replace(changed, keyed_by=None)
    turn.put(changed)
    turn.audit(
        actor,
        "patch.change",
        patch.id,
        keying=changed.keying.value,
        precedence=changed.precedence.value,
        spoken_end=changed.spoken_end,
    )
    turn.reply = Done(patch.id)


def key(turn: Turn, command: KeyRadio) -> None:
    """Somebody's key on every talkgroup of his conference that is keyed by key; one at a time."""
    participant = turn.node.participants.get(command.participant)
    if participant is None or participant.conference != command.conference:
        turn.reply = Refused("not_found", "there is no such participant in this conference")
        return
    if participant.state is not ParticipantState.PRESENT or participant.kind is ParticipantKind.RADIO:
        turn.reply = Refused("conflict", "only somebody present in the meeting can key the radio")
        return
    keyed = [patch for patch in turn.patches_of(command.conference) if patch.keying is Keying.KEY and not patch.closing]
    taken = [patch for patch in keyed if patch.keyed_by not in (None, participant.id)]
    if not keyed or (command.keyed and taken):
        reason = "another has keyed the radio" if keyed else "no talkgroup of this conference is keyed by key"
        meeting.whisper(turn, participant, prompts.TONE_DENIED)
        turn.reply = Refused("conflict", reason, retry=bool(keyed))
        return
    for patch in keyed:
        set_key(turn, patch, participant if command.keyed else None)
    meeting.whisper(turn, participant, prompts.RADIO_KEYED if command.keyed else prompts.RADIO_UNKEYED)
    turn.reply = Done(participant.id)


def toggle_key(turn: Turn, participant: Participant) -> None:
    """`*0`."""
    mine = any(patch.keyed_by == participant.id for patch in turn.patches_of(participant.conference))
    key(turn, KeyRadio(participant.conference, participant.id, not mine))
    turn.reply = None


def set_key(turn: Turn, patch: Patch, participant: Participant | None) -> None:
    turn.put_passing(replace(patch, keyed_by=participant.id if participant else None))
    if participant is None:
        turn.stop_timer(TimerKind.RADIO_KEY, patch.id)
    else:
        turn.start_timer(TimerKind.RADIO_KEY, patch.id, turn.node.policy.radio.key_silent_s)


def key_silent(turn: Turn, patch: Patch) -> None:
    """A key forgotten: let go of, unless he talks."""
    if patch.keyed_by is None:
        return
    if patch.voice_held or patch.state is PatchState.TRANSMITTING:
        turn.start_timer(TimerKind.RADIO_KEY, patch.id, turn.node.policy.radio.key_silent_s)
        return
    participant = turn.node.participants.get(patch.keyed_by)
    set_key(turn, patch, None)
    if participant is not None:
        meeting.whisper(turn, participant, prompts.RADIO_UNKEYED)


# --- a terminal that fails ---


def take_over(turn: Turn, patch: Patch) -> None:
    """The talkgroup has been out of reach for long enough: another terminal takes the place of the one that is away or
    does not take it. Looked for again and again; the one that takes over is watched like the one before it."""
    if patch.state is not PatchState.OFFLINE or patch.closing:
        return
    radiolink.watch_for_spare(turn, patch)
    candidates = _candidates(turn, patch) if _cannot_serve(turn, patch) else []
    if not candidates:
        return
    old, new = patch.terminal, candidates[0]
    turn.drop_from("refusals", patch.id)
    patch = replace(patch, terminal=new, reason="a spare terminal is being set to the talkgroup")
    turn.put(patch)
    turn.note(patch.conference, NoteKind.TERMINAL_REPLACED, patch.participant, gssi=patch.gssi, old=old, new=new)
    turn.audit("samband", "patch.take_over", patch.id, gssi=patch.gssi, old=old, new=new)
    for name in ("radio_heard", "armed"):
        turn.drop_from(name, patch.id)
    open_path(turn, patch)
    meeting.whisper_to_hosts(turn, patch.conference, prompts.RADIO_SPARE)
    radiolink.terminal_changed(turn, patch)


def _cannot_serve(turn: Turn, patch: Patch) -> bool:
    """One that is merely still being set is given its time."""
    terminal = turn.node.terminals.get(patch.terminal)
    return terminal is None or terminal.state != TerminalState.READY.value or patch.id in turn.node.refusals


def _candidates(turn: Turn, patch: Patch) -> list[TerminalName]:
    """Spares; where a spare fails in its turn also the ordinary ones, of which one may be back, and those first."""
    spare_failed = _policy(turn, patch.terminal).spare
    found = [
        (_policy(turn, name).spare, name)
        for name in turn.node.terminals
        if (spare_failed or _policy(turn, name).spare)
        and name != patch.terminal
        and _may_serve(turn, name, patch.gssi, patch.terminals)
        and _is_free_and_ready(turn, name)
    ]
    return [name for _, name in sorted(found)]


def _is_free_and_ready(turn: Turn, terminal: TerminalName) -> bool:
    view = turn.node.terminals.get(terminal)
    return view is not None and view.state == TerminalState.READY.value and not _live_on(turn, terminal)


# --- the end ---


def remove(turn: Turn, actor: str, patch: Patch, *, at_once: bool = False) -> None:
    """Disconnect it. The talkgroup is told before its terminal leaves, where it can be reached and wants to be told."""
    turn.audit(actor, "patch.remove", patch.id, gssi=patch.gssi, terminal=patch.terminal)
    if patch.state is PatchState.ASKED:
        turn.put(replace(patch, state=PatchState.REMOVED))
        return
    if patch.closing:
        finish(turn, patch)
        return
    conference = turn.node.conferences[patch.conference]
    turn.note(patch.conference, NoteKind.UNPATCHED, patch.participant, gssi=patch.gssi)
    patch = replace(patch, closing=True, keyed_by=None)
    turn.put(patch)
    _leave_meeting(turn, conference, patch)
    if at_once or not patch.notice or patch.state is PatchState.OFFLINE:
        finish(turn, turn.node.patches[patch.id])
        return
    said = (prompts.AIR_CLOSED, prompts.AIR_OUT) if patch.spoken_end else (prompts.AIR_CLOSED,)
    turn.do(SayOnAir(patch.id, said, conference.language))
    turn.start_timer(TimerKind.RADIO_CLOSING, patch.id, turn.node.policy.radio.closing_s)


def _leave_meeting(turn: Turn, conference: Conference, patch: Patch) -> None:
    if turn.node.radio_heard.get(patch.id, False):
        turn.do(SetRadioHeard(patch.id, False))
    turn.drop_from("radio_heard", patch.id)
    radiolink.refresh_arming(turn, patch)
    voice = turn.node.participants.get(patch.participant)
    if voice is not None:
        meeting.leave(turn, voice)
    if conference.state is ConferenceState.ACTIVE:
        radiolink.tell_telephones(turn, conference.id, prompts.RADIO_UNPATCHED)


def finish(turn: Turn, patch: Patch) -> None:
    """The farewell is said, or could not be: let go of the terminal."""
    radiolink.end(turn, patch)
    for kind in (*_TIMERS, TimerKind.RADIO_KEY):
        turn.stop_timer(kind, patch.id)
    if patch.terminal:
        turn.do(CeaseTransmit(patch.terminal), ClosePath(patch.id))
    for name in ("paths", "armed", "loops", "radio_heard", "refusals"):
        turn.drop_from(name, patch.id)


def _find(turn: Turn, command: ApprovePatch | ExtendPatch | SetPatch) -> Patch | None:
    patch = turn.node.patches.get(command.patch)
    if patch is None or patch.conference != command.conference or patch.state is PatchState.REMOVED:
        turn.reply = Refused("not_found", "there is no such patch in this conference")
        return None
    return patch
