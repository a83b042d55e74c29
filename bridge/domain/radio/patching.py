"""The life of a patch (*sammankoppling*): asked for, approved, connected, leased, handed to a spare terminal, closed.

::

    add ──approval demanded──▶ ASKED ──somebody else approves──▶ connected ──▶ closing ──▶ REMOVED
     └──────────────────────────────────────────────────────────▶   │  ▲          ▲
                                                terminal away for   │  │          │ removed, lease over, unused,
                                                `takeover_s`        └──┘          │ conference ended
                                                a spare takes it over             └ the talkgroup is told first

One group is never in two conferences, one terminal never on two groups. The modules beside this one have the rules of a
connected patch.
"""

from dataclasses import replace

from bridge.domain.conference import legs, rooms, seats, voices
from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.conference.reasons import ConferenceReason
from bridge.domain.conference.records import (
    CONFERENCES,
    PARTICIPANTS,
    Conference,
    ConferenceState,
    LegKind,
    Seat,
    SeatState,
    Secrecy,
)
from bridge.domain.kernel.ids import Gssi, TerminalName
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.step import Step
from bridge.domain.radio import availability, link, patches, prompts
from bridge.domain.radio.commands import AddPatch, ApprovePatch, ExtendPatch, KeyRadio, RemovePatch, SetPatch
from bridge.domain.radio.effects import CeaseTransmit, ClosePath, OpenPath, SayOnAir, SetRadioHeard
from bridge.domain.radio.events import TerminalState
from bridge.domain.radio.notes import RadioNote
from bridge.domain.radio.passing import ARMED, LOOPS, PATHS, RADIO_HEARD, REFUSALS
from bridge.domain.radio.policy import RadioPolicy, TerminalPolicy
from bridge.domain.radio.reasons import PatchReason
from bridge.domain.radio.records import PATCHES, TERMINALS, Keying, Patch, PatchState
from bridge.domain.radio.timers import RadioTimer
from bridge.domain.telephony.effects import CreateMix

_TIMERS = (RadioTimer.RADIO_LEASE, RadioTimer.RADIO_IDLE, RadioTimer.RADIO_TAKEOVER, RadioTimer.RADIO_CLOSING)
LEASE_ROUNDING_S = 0.5
"""A lease with less than this left is over."""
NO_TERMINAL = TerminalName("")
"""Of a patch that waits for approval and was asked for without naming one."""


# --- asked for ---


def add(step: Step, actor: str, command: AddPatch) -> None:
    """Tie a talkgroup to the meeting, or ask for it where the talkgroup demands approval."""
    refusal = _why_not(step, command)
    if refusal is not None:
        step.reply = refusal
        return
    terminal = command.terminal or choose_terminal(step, command.gssi, command.terminals)
    # One that any terminal may serve, and that first needs approval, gets one only then.
    waits = command.approval_required and not command.terminals
    if terminal is None and not (waits and _who_may_serve(step, command.gssi, command.terminals)):
        step.reply = _no_terminal(step, command.gssi, command.terminals)
        return
    patch = Patch(
        id=command.patch,
        conference=command.conference,
        terminal=command.terminal or (NO_TERMINAL if waits else terminal or NO_TERMINAL),
        gssi=command.gssi,
        participant=command.participant,
        name=command.name,
        state=PatchState.PENDING_APPROVAL,
        reason=PatchReason.WAITS_FOR_APPROVAL(),
        created_at_s=step.at_s,
        keying=command.keying,
        precedence=command.precedence,
        asked_by=actor,
        terminals=command.terminals,
        lease_s=command.lease_s,
        idle_s=command.idle_s,
        notice=command.notice,
        spoken_end=command.spoken_end,
    )
    step.reply = Done(patch.id)
    if command.approval_required:
        step.put(patch)
        step.note(patch.conference, RadioNote.PATCH_ASKED, None, gssi=patch.gssi, by=actor)
        step.audit(actor, "patch.ask", patch.id, gssi=patch.gssi, conference=patch.conference)
        voices.whisper_to_hosts(step, patch.conference, prompts.RADIO_APPROVAL)
    else:
        _connect(step, actor, patch)


def _why_not(step: Step, command: AddPatch) -> Refused | None:
    conference = step.node[CONFERENCES].get(command.conference)
    if conference is None or conference.state is ConferenceState.ENDED:
        return Refused("not_found", ConferenceReason.NO_OPEN_CONFERENCE(), "conference")
    if conference.secrecy is Secrecy.SECRET:
        return Refused("not_allowed", PatchReason.UNDER_SECRECY(), "conference")
    if command.terminal is not None and command.terminal not in step.node[TERMINALS]:
        return Refused("invalid", PatchReason.NO_SUCH_TERMINAL(terminal=command.terminal), "terminal")
    if command.terminal is not None and not _may_serve(step, command.terminal, command.gssi, command.terminals):
        reason = PatchReason.TERMINAL_NOT_ALLOWED(terminal=command.terminal, gssi=command.gssi)
        return Refused("invalid", reason, "terminal")
    for patch in step.node[PATCHES].values():
        if patch.closing:
            continue
        if patch.gssi == command.gssi:
            return Refused("conflict", PatchReason.ALREADY_PATCHED(gssi=command.gssi), "gssi")
        if patch.terminal == command.terminal and patch.state is not PatchState.PENDING_APPROVAL:
            return Refused("conflict", PatchReason.TERMINAL_IN_USE(terminal=command.terminal), "terminal")
    return None


def approve(step: Step, actor: str, command: ApprovePatch) -> None:
    """Four eyes: the one who asked cannot be the one who approves."""
    patch = _find(step, command)
    if patch is None:
        return
    if patch.state is not PatchState.PENDING_APPROVAL:
        step.reply = Done(patch.id)
        return
    if actor == patch.asked_by:
        step.reply = Refused("not_allowed", PatchReason.APPROVED_BY_ANOTHER(actor=actor))
        return
    terminal = patch.terminal or choose_terminal(step, patch.gssi, patch.terminals)
    if not terminal or _live_on(step, terminal):
        step.reply = _no_terminal(step, patch.gssi, patch.terminals)
        return
    step.note(patch.conference, RadioNote.PATCH_APPROVED, None, gssi=patch.gssi, by=actor)
    step.audit(actor, "patch.approve", patch.id, gssi=patch.gssi, asked_by=patch.asked_by)
    _connect(step, patch.asked_by, replace(patch, terminal=terminal, approved_by=actor))
    step.reply = Done(patch.id)


def choose_terminal(step: Step, gssi: Gssi, allowed: tuple[TerminalName, ...] = ()) -> TerminalName | None:
    """A free terminal that may use the talkgroup: ready before not ready, spares last, otherwise in order of name."""
    free = [
        (view.state != TerminalState.READY.value, _policy(step, name).spare, name)
        for name, view in step.node[TERMINALS].items()
        if _may_serve(step, name, gssi, allowed) and not _live_on(step, name)
    ]
    return min(free)[2] if free else None


def _no_terminal(step: Step, gssi: Gssi, allowed: tuple[TerminalName, ...]) -> Refused:
    """In use is another matter than not allowed: waiting helps against the one only."""
    if not step.node[TERMINALS]:
        return Refused("unavailable", PatchReason.NO_TERMINAL(), "terminal")
    if not _who_may_serve(step, gssi, allowed):
        return Refused("not_allowed", PatchReason.NO_TERMINAL_ALLOWED(gssi=gssi), "terminal")
    return Refused("conflict", PatchReason.ALL_IN_USE(gssi=gssi), "terminal", retry=True)


def _who_may_serve(step: Step, gssi: Gssi, allowed: tuple[TerminalName, ...]) -> list[TerminalName]:
    return [name for name in step.node[TERMINALS] if _may_serve(step, name, gssi, allowed)]


def _may_serve(step: Step, terminal: TerminalName, gssi: Gssi, allowed: tuple[TerminalName, ...]) -> bool:
    return _policy(step, terminal).may_use(gssi) and (not allowed or terminal in allowed)


def _policy(step: Step, terminal: TerminalName) -> TerminalPolicy:
    return next(
        (one for one in step.node.policy[RadioPolicy].terminals if one.name == terminal), TerminalPolicy(terminal)
    )


def _live_on(step: Step, terminal: TerminalName) -> bool:
    patch = link.patch_on(step, terminal)
    return patch is not None and not patch.closing


# --- connected ---


def _connect(step: Step, actor: str, patch: Patch) -> None:
    """From here on the terminal is the patch's. One that is still saying farewell on it is cut short."""
    leaving = link.patch_on(step, patch.terminal)
    if leaving is not None:
        finish(step, leaving)
    conference = step.node[CONFERENCES][patch.conference]
    voice = Seat(
        id=patch.participant,
        conference=conference.id,
        room=rooms.main(step.node, conference.id).id,
        kind=LegKind.RADIO,
        name=patch.name,
        state=SeatState.PRESENT,
        joined_at_s=step.at_s,
    )
    patch = replace(
        patch,
        state=PatchState.OFFLINE,
        reason=availability.BEING_SET,
        lease_until_s=None if patch.lease_s is None else step.at_s + patch.lease_s,
        used_at_s=step.at_s,
    )
    step.put(legs.begin(step, voice, LegKind.RADIO, patch=patch.id))
    step.put(patch)
    step.note(conference.id, RadioNote.PATCHED, voice.id, gssi=patch.gssi, terminal=patch.terminal)
    step.note(conference.id, ConferenceNote.JOINED, voice.id, name=voice.name, by=voice.kind.value)
    step.audit(actor, "patch.add", patch.id, gssi=patch.gssi, terminal=patch.terminal, conference=conference.id)
    open_path(step, patch)
    _watch_lease(step, patch)
    availability.watch_for_spare(step, patch)
    availability.terminal_changed(step, step.node[PATCHES][patch.id])


def open_path(step: Step, patch: Patch) -> None:
    """Order the audio path, to whichever terminal the patch has now."""
    voice = step.node[PARTICIPANTS].get(patch.participant)
    room = voice.room if voice is not None else rooms.main(step.node, patch.conference).id
    step.set_in(PATHS, patch.id, True)
    step.do(CreateMix(room, patch.conference), OpenPath(patch.id, patch.terminal, room))


def resume(step: Step, patch: Patch) -> None:
    """After a restart of the controller: its timers are lost, and a farewell under way is cut short."""
    if patch.state is PatchState.PENDING_APPROVAL:
        return
    if patch.closing:
        finish(step, patch)
        return
    step.put_passing(
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
            used_at_s=step.at_s,
        )
    )
    _watch_lease(step, patch)
    availability.watch_for_spare(step, patch)


# --- lease and use ---


def _watch_lease(step: Step, patch: Patch) -> None:
    if patch.lease_until_s is not None:
        left_s = patch.lease_until_s - step.at_s
        warn_s = step.node.policy[RadioPolicy].lease_warn_s
        step.start_timer(RadioTimer.RADIO_LEASE, patch.id, max(0.0, left_s - warn_s if left_s > warn_s else left_s))
    else:
        step.stop_timer(RadioTimer.RADIO_LEASE, patch.id)
    if patch.idle_s is not None:
        step.start_timer(RadioTimer.RADIO_IDLE, patch.id, patch.idle_s)


def lease_due(step: Step, patch: Patch) -> None:
    """It is over, or soon will be."""
    if patch.lease_until_s is None:
        return
    left_s = patch.lease_until_s - step.at_s
    if left_s > LEASE_ROUNDING_S:
        voices.whisper_to_hosts(step, patch.conference, prompts.RADIO_LEASE_SOON)
        step.start_timer(RadioTimer.RADIO_LEASE, patch.id, left_s)
        return
    voices.whisper_to_hosts(step, patch.conference, prompts.RADIO_LEASE_OVER)
    remove(step, "samband: the lease is over", patch)


def idle_due(step: Step, patch: Patch) -> None:
    """Nobody has talked for long: if that is so, the talkgroup is given back to its users."""
    if patch.idle_s is None:
        return
    busy = patch.state not in (PatchState.IDLE, PatchState.OFFLINE)
    left_s = patch.idle_s if busy else patch.used_at_s + patch.idle_s - step.at_s
    if left_s > 0:
        step.start_timer(RadioTimer.RADIO_IDLE, patch.id, left_s)
        return
    voices.whisper_to_hosts(step, patch.conference, prompts.RADIO_IDLE)
    remove(step, "samband: not in use", patch)


def extend(step: Step, actor: str, command: ExtendPatch) -> None:
    patch = _find(step, command)
    if patch is None:
        return
    if patch.state is PatchState.PENDING_APPROVAL or patch.closing:
        step.reply = Refused("conflict", PatchReason.NOT_CONNECTED())
        return
    until_s = None if command.lease_s is None else step.at_s + command.lease_s
    patch = replace(patch, lease_until_s=until_s)
    step.put(patch)
    step.audit(actor, "patch.extend", patch.id, lease_s=command.lease_s)
    _watch_lease(step, patch)
    step.reply = Done(patch.id)


# --- how it is keyed ---


def change(step: Step, actor: str, command: SetPatch) -> None:
    patch = _find(step, command)
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
    step.put(changed)
    step.audit(
        actor,
        "patch.change",
        patch.id,
        keying=changed.keying.value,
        precedence=changed.precedence.value,
        spoken_end=changed.spoken_end,
    )
    step.reply = Done(patch.id)


def key(step: Step, command: KeyRadio) -> None:
    """Somebody's key on every talkgroup of their conference that is keyed by key; one at a time."""
    participant = step.node[PARTICIPANTS].get(command.participant)
    if participant is None or participant.conference != command.conference:
        step.reply = Refused("not_found", ConferenceReason.NO_SUCH_PARTICIPANT())
        return
    if participant.state is not SeatState.PRESENT or participant.kind is LegKind.RADIO:
        step.reply = Refused("conflict", PatchReason.ONLY_PRESENT_MAY_KEY())
        return
    keyed = [
        patch
        for patch in patches.patches_of(step, command.conference)
        if patch.keying is Keying.KEY and not patch.closing
    ]
    taken = [patch for patch in keyed if patch.keyed_by not in (None, participant.id)]
    if not keyed or (command.keyed and taken):
        reason = PatchReason.KEYED_BY_ANOTHER() if keyed else PatchReason.NOTHING_IS_KEYED()
        voices.whisper(step, participant, prompts.TONE_DENIED)
        step.reply = Refused("conflict", reason, retry=bool(keyed))
        return
    for patch in keyed:
        set_key(step, patch, participant if command.keyed else None)
    voices.whisper(step, participant, prompts.RADIO_KEYED if command.keyed else prompts.RADIO_UNKEYED)
    step.reply = Done(participant.id)


def toggle_key(step: Step, participant: Seat) -> None:
    """`*0`."""
    mine = any(patch.keyed_by == participant.id for patch in patches.patches_of(step, participant.conference))
    key(step, KeyRadio(participant.conference, participant.id, not mine))
    step.reply = None


def set_key(step: Step, patch: Patch, participant: Seat | None) -> None:
    step.put_passing(replace(patch, keyed_by=participant.id if participant else None))
    if participant is None:
        step.stop_timer(RadioTimer.RADIO_KEY, patch.id)
    else:
        step.start_timer(RadioTimer.RADIO_KEY, patch.id, step.node.policy[RadioPolicy].key_silent_s)


def key_silent(step: Step, patch: Patch) -> None:
    """A forgotten key is released, unless its owner talks."""
    if patch.keyed_by is None:
        return
    if patch.voice_held or patch.state is PatchState.TRANSMITTING:
        step.start_timer(RadioTimer.RADIO_KEY, patch.id, step.node.policy[RadioPolicy].key_silent_s)
        return
    participant = step.node[PARTICIPANTS].get(patch.keyed_by)
    set_key(step, patch, None)
    if participant is not None:
        voices.whisper(step, participant, prompts.RADIO_UNKEYED)


# --- a terminal that fails ---


def take_over(step: Step, patch: Patch) -> None:
    """The talkgroup has been out of reach for long enough. Another terminal replaces the one that is away or does not
    take it. A spare is looked for again and again, and is then watched like the terminal before it."""
    if patch.state is not PatchState.OFFLINE or patch.closing:
        return
    availability.watch_for_spare(step, patch)
    candidates = _candidates(step, patch) if _cannot_serve(step, patch) else []
    if not candidates:
        return
    old, new = patch.terminal, candidates[0]
    step.drop_from(REFUSALS, patch.id)
    patch = replace(patch, terminal=new, reason=PatchReason.SPARE_BEING_SET())
    step.put(patch)
    step.note(patch.conference, RadioNote.TERMINAL_REPLACED, patch.participant, gssi=patch.gssi, old=old, new=new)
    step.audit("samband", "patch.take_over", patch.id, gssi=patch.gssi, old=old, new=new)
    for table in (RADIO_HEARD, ARMED):
        step.drop_from(table, patch.id)
    open_path(step, patch)
    voices.whisper_to_hosts(step, patch.conference, prompts.RADIO_SPARE)
    availability.terminal_changed(step, patch)


def _cannot_serve(step: Step, patch: Patch) -> bool:
    """One that is merely still being set is given its time."""
    terminal = step.node[TERMINALS].get(patch.terminal)
    return terminal is None or terminal.state != TerminalState.READY.value or patch.id in step.node[REFUSALS]


def _candidates(step: Step, patch: Patch) -> list[TerminalName]:
    """The spares. Where a spare fails in its turn, the ordinary terminals come first, since one may be back."""
    spare_failed = _policy(step, patch.terminal).spare
    found = [
        (_policy(step, name).spare, name)
        for name in step.node[TERMINALS]
        if (spare_failed or _policy(step, name).spare)
        and name != patch.terminal
        and _may_serve(step, name, patch.gssi, patch.terminals)
        and _is_free_and_ready(step, name)
    ]
    return [name for _, name in sorted(found)]


def _is_free_and_ready(step: Step, terminal: TerminalName) -> bool:
    view = step.node[TERMINALS].get(terminal)
    return view is not None and view.state == TerminalState.READY.value and not _live_on(step, terminal)


# --- the end ---


def remove(step: Step, actor: str, patch: Patch, *, at_once: bool = False) -> None:
    """Disconnect it. The talkgroup hears so before its terminal leaves, where it can be reached and wants such
    notices."""
    step.audit(actor, "patch.remove", patch.id, gssi=patch.gssi, terminal=patch.terminal)
    if patch.state is PatchState.PENDING_APPROVAL:
        step.put(replace(patch, state=PatchState.REMOVED))
        return
    if patch.closing:
        finish(step, patch)
        return
    conference = step.node[CONFERENCES][patch.conference]
    step.note(patch.conference, RadioNote.UNPATCHED, patch.participant, gssi=patch.gssi)
    patch = replace(patch, closing=True, keyed_by=None)
    step.put(patch)
    _leave_meeting(step, conference, patch)
    if at_once or not patch.notice or patch.state is PatchState.OFFLINE:
        finish(step, step.node[PATCHES][patch.id])
        return
    said = (prompts.AIR_CLOSED, prompts.AIR_OUT) if patch.spoken_end else (prompts.AIR_CLOSED,)
    step.do(SayOnAir(patch.id, said, conference.language))
    step.start_timer(RadioTimer.RADIO_CLOSING, patch.id, step.node.policy[RadioPolicy].closing_s)


def _leave_meeting(step: Step, conference: Conference, patch: Patch) -> None:
    if step.node[RADIO_HEARD].get(patch.id, False):
        step.do(SetRadioHeard(patch.id, False))
    step.drop_from(RADIO_HEARD, patch.id)
    link.refresh_arming(step, patch)
    voice = step.node[PARTICIPANTS].get(patch.participant)
    if voice is not None:
        seats.leave(step, voice)
    if conference.state is ConferenceState.ACTIVE:
        link.tell_telephones(step, conference.id, prompts.RADIO_UNPATCHED)


def finish(step: Step, patch: Patch) -> None:
    """The farewell is said, or could not be: let go of the terminal."""
    link.end(step, patch)
    for kind in (*_TIMERS, RadioTimer.RADIO_KEY, RadioTimer.TRACK):
        step.stop_timer(kind, patch.id)
    if patch.terminal:
        step.do(CeaseTransmit(patch.terminal), ClosePath(patch.id))
    for table in (PATHS, ARMED, RADIO_HEARD):
        step.drop_from(table, patch.id)
    for counts in (LOOPS, REFUSALS):
        step.drop_from(counts, patch.id)


def remove_by_command(step: Step, actor: str, command: RemovePatch) -> None:
    """A patch that waits for approval is refused by it."""
    patch = step.node[PATCHES].get(command.patch)
    if patch is None or patch.conference != command.conference:
        step.reply = Refused("not_found", PatchReason.NO_SUCH_PATCH())
        return
    remove(step, actor, patch, at_once=command.at_once)
    step.reply = Done(patch.id)


def _find(step: Step, command: ApprovePatch | ExtendPatch | SetPatch) -> Patch | None:
    patch = step.node[PATCHES].get(command.patch)
    if patch is None or patch.conference != command.conference:
        step.reply = Refused("not_found", PatchReason.NO_SUCH_PATCH())
        return None
    return patch
