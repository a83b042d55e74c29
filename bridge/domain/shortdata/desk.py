"""Texts and statuses by radio, both ways, with the true state of their delivery.

::

    QUEUED ──a terminal is ready, no call is up──▶ SENDING ──taken──▶ SENT ──▶ ON_AIR ──report──▶ DELIVERED ──▶ READ
      ▲  └── too old ──▶ EXPIRED                   │ │ │
      └─────── refused, may pass, tries left ──────┘ │ └─ refused for good, reported as failed ──▶ FAILED
                                                     └─ line or program lost meanwhile ──▶ IN_DOUBT

The queue is here and not in the terminal's driver. Here it is committed, seen, and free to choose another terminal. A
message with the driver is out of our hands. Only the receiver's report makes a message delivered, even one in doubt.
"""

from dataclasses import replace
from typing import Final, assert_never

from bridge.domain.conference import voices
from bridge.domain.conference.reasons import ConferenceReason
from bridge.domain.conference.records import CONFERENCES, ConferenceState
from bridge.domain.kernel.backoff import Backoff
from bridge.domain.kernel.ids import ConferenceId, MessageId, TerminalName
from bridge.domain.kernel.journal import NoteKind
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.step import Step
from bridge.domain.radio import link, prompts
from bridge.domain.radio.events import (
    ChannelFree,
    RadioEvent,
    RadioTalkStarted,
    RadioTalkStopped,
    TerminalChanged,
    TerminalState,
    TransmitEnded,
    TransmitGranted,
    TransmitQueued,
    TransmitRefused,
)
from bridge.domain.radio.notes import RadioNote
from bridge.domain.radio.policy import RadioPolicy
from bridge.domain.radio.reasons import PatchReason
from bridge.domain.radio.records import PATCHES, TERMINALS, Patch, PatchState
from bridge.domain.shortdata import sdstext
from bridge.domain.shortdata.commands import SendSds, SendStatus
from bridge.domain.shortdata.effects import SubmitSds, SubmitStatus
from bridge.domain.shortdata.events import (
    SdsDelivery,
    SdsProgress,
    SdsReceived,
    SdsReported,
    SdsStage,
    SdsUnreadable,
    ShortDataEvent,
    StatusReceived,
)
from bridge.domain.shortdata.notes import ShortDataNote
from bridge.domain.shortdata.passing import EMERGENCY_TOLD_AT_S, ON_CALL
from bridge.domain.shortdata.policy import ShortDataPolicy
from bridge.domain.shortdata.reasons import ShortDataReason
from bridge.domain.shortdata.records import MESSAGES, Message, MessageDirection, MessageState
from bridge.domain.shortdata.timers import ShortDataTimer

LARGEST_IDENTITY: Final = 16_777_215
FIRST_FREE_STATUS: Final = 32_768
"""Below it are the emergency alarm, reserved values and the short reports of SDS-TL (EN 300 392-2 §14.8.34)."""
LARGEST_STATUS: Final = 65_535
EMERGENCY: Final = 0
UNREADABLE: Final = "[?]"
"""Stands for a text that came and cannot be read."""

_CALL_UP: Final = frozenset({PatchState.RECEIVING, PatchState.DEMANDING, PatchState.QUEUED, PatchState.TRANSMITTING})
_AWAITS_REPORT: Final = frozenset(
    {MessageState.SENT, MessageState.ON_AIR, MessageState.DELIVERED, MessageState.IN_DOUBT}
)


# --- asking ---


def send(step: Step, actor: str, command: SendSds | SendStatus) -> None:
    """Take a message on; it is sent as soon as a terminal can."""
    if command.message in step.node[MESSAGES]:
        step.reply = Done(command.message)
        return
    refusal = _why_not(step, command)
    if refusal is not None:
        step.reply = refusal
        return
    text = command.text if isinstance(command, SendSds) else None
    message = Message(
        id=command.message,
        direction=MessageDirection.OUT,
        state=MessageState.QUEUED,
        created_at_s=step.at_s,
        receiver=command.receiver,
        group=command.group,
        text=text,
        status=command.status if isinstance(command, SendStatus) else None,
        actor=actor,
        terminals=command.terminals,
        conference=command.conference or _conference_of_group(step, command),
        parts=sdstext.parts_needed(text, _octets(step, command.terminals)) if text is not None else 1,
        expires_at_s=step.at_s + step.node.policy[ShortDataPolicy].expires_s,
    )
    step.put(message)
    what = {"characters": len(text)} if text is not None else {"status": message.status}
    step.audit(actor, "sds.send", message.id, receiver=command.receiver, group=command.group, **what)
    pump(step)
    step.reply = Done(message.id)


def _why_not(step: Step, command: SendSds | SendStatus) -> Refused | None:
    if not 1 <= command.receiver <= LARGEST_IDENTITY:
        return Refused("invalid", ShortDataReason.NO_SUCH_RECEIVER(receiver=command.receiver), "to")
    unknown = [name for name in command.terminals if name not in step.node[TERMINALS]]
    if unknown:
        return Refused("not_found", PatchReason.NO_SUCH_TERMINAL(terminal=unknown[0]), "terminal")
    if not step.node[TERMINALS]:
        return Refused("unavailable", PatchReason.NO_TERMINAL(), "terminal")
    conference = step.node[CONFERENCES].get(command.conference) if command.conference else None
    if command.conference and (conference is None or conference.state is ConferenceState.ENDED):
        return Refused("not_found", ConferenceReason.NO_OPEN_CONFERENCE(), "conference_id")
    most = step.node.policy[ShortDataPolicy].most_waiting
    if sum(one.state is MessageState.QUEUED for one in step.node[MESSAGES].values()) >= most:
        return Refused("unavailable", ShortDataReason.TOO_MANY_WAIT(most=most), retry=True)
    if isinstance(command, SendStatus):
        return _unfit_status(command.status)
    return _unfit_text(command.text, _octets(step, command.terminals))


def _octets(step: Step, named: tuple[TerminalName, ...]) -> int:
    """Of text in one message, by whichever of the terminals sends it."""
    held = [one.text_octets for one in step.node.policy[RadioPolicy].terminals if not named or one.name in named]
    return min(held, default=sdstext.ONE_OCTETS)


def _unfit_text(text: str, octets: int) -> Refused | None:
    if not text.strip():
        return Refused("invalid", ShortDataReason.EMPTY_TEXT(), "text")
    parts = sdstext.parts_needed(text, octets)
    if parts <= sdstext.MOST_PARTS:
        return None
    coding = sdstext.coding_of(text)
    reason = ShortDataReason.TEXT_TOO_LONG(
        parts=parts,
        most=sdstext.MOST_PARTS,
        characters=sdstext.most_characters(coding, octets),
        coding=coding.value.upper(),
    )
    return Refused("invalid", reason, "text")


def _unfit_status(status: int) -> Refused | None:
    if status == EMERGENCY:
        return Refused("not_allowed", ShortDataReason.NO_EMERGENCY_FROM_HERE(), "status")
    if not FIRST_FREE_STATUS <= status <= LARGEST_STATUS:
        reason = ShortDataReason.NO_SUCH_STATUS(first=FIRST_FREE_STATUS, last=LARGEST_STATUS)
        return Refused("invalid", reason, "status")
    return None


def _conference_of_group(step: Step, command: SendSds | SendStatus) -> ConferenceId | None:
    if not command.group:
        return None
    patches = (one for one in step.node[PATCHES].values() if link.is_connected(one))
    return next((one.conference for one in patches if one.gssi == command.receiver), None)


# --- sending ---


def pump(step: Step) -> None:
    """Hand over what can be, end what is too old, and look again when there is reason to."""
    if not step.node[MESSAGES]:
        return
    _end_the_old(step)
    busy = {one.terminal for one in step.node[MESSAGES].values() if one.state is MessageState.SENDING}
    for message in _waiting(step):
        terminal = _terminal_for(step, message, busy)
        if message.not_before_s <= step.at_s and terminal is not None:
            busy.add(terminal)
            _hand_over(step, message, terminal)
    _look_again(step)


def _waiting(step: Step) -> list[Message]:
    """Oldest first."""
    queued = (one for one in step.node[MESSAGES].values() if one.state is MessageState.QUEUED)
    return sorted(queued, key=lambda one: (one.created_at_s, one.id))


def _terminal_for(step: Step, message: Message, busy: set[TerminalName | None]) -> TerminalName | None:
    """A ready terminal without a call; rather one that carries no meeting."""
    patched = {one.terminal for one in step.node[PATCHES].values() if link.is_connected(one)}
    free = [
        name
        for name, terminal in step.node[TERMINALS].items()
        if terminal.state == TerminalState.READY.value
        and (not message.terminals or name in message.terminals)
        and name not in busy
        and not _call_is_up(step, name)
    ]
    return min(free, key=lambda name: (name in patched, name), default=None)


def _call_is_up(step: Step, terminal: TerminalName) -> bool:
    patches = (one for one in step.node[PATCHES].values() if one.terminal == terminal)
    return step.node[ON_CALL].get(terminal, False) or any(one.state in _CALL_UP for one in patches)


def _hand_over(step: Step, message: Message, terminal: TerminalName) -> None:
    """From here on the message is out of our hands, and this is on disk before it is."""
    first = message.tries == 0
    sender = step.node[TERMINALS][terminal].issi
    message = replace(
        message, state=MessageState.SENDING, terminal=terminal, sender=sender, tries=message.tries + 1, reason=None
    )
    step.put(message)
    receiver = message.receiver or 0
    if message.status is not None:
        step.do(SubmitStatus(terminal, message.id, receiver, message.status))
    else:
        text = message.text or ""
        step.do(SubmitSds(terminal, message.id, receiver, message.group, text, message.parts_sent + 1))
    if first:
        _note(step, ShortDataNote.MESSAGE_OUT, message)


def _look_again(step: Step) -> None:
    """A message with a terminal has no age: its terminal answers, or the restart finds it in doubt."""
    aging = (one for one in step.node[MESSAGES].values() if one.state is not MessageState.SENDING)
    due = [one.expires_at_s for one in aging if one.expires_at_s is not None]
    if not due:
        return
    after_s = max(min(due) - step.at_s, 0.0)
    waiting = _waiting(step)
    if waiting:
        soonest_s = min(one.not_before_s for one in waiting) - step.at_s
        after_s = min(after_s, max(soonest_s, step.node.policy[ShortDataPolicy].look_again_s))
    step.start_timer(ShortDataTimer.SDS_PUMP, "", after_s)


def _end_the_old(step: Step) -> None:
    for message in list(step.node[MESSAGES].values()):
        if message.expires_at_s is None or message.expires_at_s > step.at_s:
            continue
        if message.state is MessageState.QUEUED:
            why = ShortDataReason.NOT_SENT_IN_TIME(cause=message.reason or ShortDataReason.NO_TERMINAL_FREE())
            _end(step, replace(message, state=MessageState.EXPIRED, reason=why))
        elif message.state in (MessageState.SENT, MessageState.ON_AIR):
            _end(step, replace(message, reason=message.reason or ShortDataReason.NO_REPORT()))
        elif message.state in _AWAITS_REPORT:
            _end(step, message)


def _end(step: Step, message: Message) -> None:
    """Nothing more is awaited; the store keeps it."""
    ended = replace(message, ended_at_s=step.at_s)
    step.put(ended)
    step.forget(ended)


# --- what became of it ---


def progress(step: Step, event: SdsProgress) -> None:
    """The terminal's own word about a part. It never makes a message delivered."""
    message = step.node[MESSAGES].get(event.message)
    if message is None:
        return
    match event.stage:
        case SdsStage.STARTED:
            references = (*message.references[: event.part - 1], event.reference)
            step.put(replace(message, parts=event.parts, references=references))
        case SdsStage.ACCEPTED:
            _accepted(step, message, event)
        case SdsStage.ON_AIR:
            _on_air(step, message)
        case SdsStage.NOT_ON_AIR:
            if message.state in (MessageState.SENDING, MessageState.SENT):
                _end(step, replace(message, state=MessageState.FAILED, reason=event.reason))
        case SdsStage.IN_DOUBT:
            if message.state is MessageState.SENDING:
                step.put(_sent(step, replace(message, state=MessageState.IN_DOUBT, reason=event.reason)))
    pump(step)


def _accepted(step: Step, message: Message, event: SdsProgress) -> None:
    """A part that is taken is not sent again. The rest goes by the same terminal, which cuts as before."""
    message = replace(message, parts_sent=max(message.parts_sent, event.part), terminals=(event.terminal,))
    if message.parts_sent >= message.parts and message.state is MessageState.SENDING:
        message = _sent(step, replace(message, state=MessageState.SENT))
    step.put(message)


def _sent(step: Step, message: Message) -> Message:
    expires_at_s = step.at_s + step.node.policy[ShortDataPolicy].expires_s
    return replace(message, sent_at_s=step.at_s, expires_at_s=expires_at_s)


def _on_air(step: Step, message: Message) -> None:
    message = replace(message, parts_on_air=min(message.parts_on_air + 1, message.parts))
    if message.parts_on_air < message.parts or message.state is not MessageState.SENT:
        step.put(message)
        return
    message = replace(message, state=MessageState.ON_AIR, on_air_at_s=step.at_s)
    if any(reference is not None for reference in message.references):
        step.put(message)
    else:
        _end(step, message)


def refused(step: Step, message_id: str, reason: Reason, *, retry: bool) -> None:
    """The terminal did not take it, or could not send it: the part last started has not gone out."""
    message = step.node[MESSAGES].get(MessageId(message_id))
    if message is None or message.state not in (MessageState.SENDING, MessageState.SENT):
        return
    message = replace(message, parts_sent=min(message.parts_sent, max(0, len(message.references) - 1)))
    policy = step.node.policy[ShortDataPolicy]
    if not retry or message.tries >= policy.tries:
        _end(step, replace(message, state=MessageState.FAILED, reason=reason))
    else:
        wait_s = Backoff(policy.retry_s, policy.retry_longest_s).after(message.tries)
        later = replace(message, state=MessageState.QUEUED, reason=reason, not_before_s=step.at_s + wait_s)
        step.put(later)
    pump(step)


def reported(step: Step, event: SdsReported) -> None:
    """The one proof of delivery. References come round; the newest message to that receiver is meant."""
    sent = [
        one
        for one in step.node[MESSAGES].values()
        if one.receiver == event.sender and not one.group and event.reference in one.references
    ]
    if not sent:
        return
    message = max(sent, key=lambda one: one.created_at_s)
    part = message.references.index(event.reference) + 1
    match event.delivery:
        case SdsDelivery.FAILED:
            _end(step, replace(message, state=MessageState.FAILED, reason=event.reason))
        case SdsDelivery.STORED:
            step.put(replace(message, reason=event.reason))
        case SdsDelivery.DELIVERED:
            _delivered(step, replace(message, delivered=message.delivered | {part}))
        case SdsDelivery.READ:
            both = replace(message, delivered=message.delivered | {part}, read=message.read | {part})
            _delivered(step, both)
    pump(step)


def _delivered(step: Step, message: Message) -> None:
    if len(message.delivered) == message.parts and message.delivered_at_s is None:
        message = replace(message, state=MessageState.DELIVERED, delivered_at_s=step.at_s, reason=None)
        message = replace(message, sent_at_s=message.sent_at_s or step.at_s)
    if len(message.read) == message.parts:
        _end(step, replace(message, state=MessageState.READ, read_at_s=step.at_s))
    else:
        step.put(message)


# --- what comes in ---


def received(step: Step, event: SdsReceived | SdsUnreadable | StatusReceived) -> None:
    """Keep it and show it; the hosts hear of an emergency alarm at once. An unreadable message is shown with its sender
    and the reason."""
    patch = link.patch_on(step, event.terminal)
    about_patch = patch is not None and not (event.group and event.receiver != patch.gssi)
    status = event.code if isinstance(event, StatusReceived) else None
    message = Message(
        id=MessageId(step.mint("sds")),
        direction=MessageDirection.IN,
        state=MessageState.RECEIVED,
        created_at_s=event.at_s,
        receiver=event.receiver,
        group=event.group,
        sender=event.sender,
        text=_text_of(event),
        status=status,
        reason=ShortDataReason.UNREADABLE(cause=event.reason) if isinstance(event, SdsUnreadable) else None,
        terminal=event.terminal,
        conference=patch.conference if patch is not None and (about_patch or status == EMERGENCY) else None,
    )
    _end(step, message)
    _note(step, ShortDataNote.MESSAGE_IN, message)
    if status == EMERGENCY:
        _emergency(step, message, patch)


def _text_of(event: SdsReceived | SdsUnreadable | StatusReceived) -> str | None:
    match event:
        case SdsReceived():
            return event.text
        case SdsUnreadable():
            return UNREADABLE
        case StatusReceived():
            return None
        case _:
            assert_never(event)


def _emergency(step: Step, message: Message, patch: Patch | None) -> None:
    issi = message.sender or 0
    told_at_s = step.node[EMERGENCY_TOLD_AT_S].get(issi)
    step.audit(
        "samband", "radio.emergency", message.id, issi=issi, terminal=message.terminal, receiver=message.receiver
    )
    if told_at_s is not None and step.at_s - told_at_s < step.node.policy[ShortDataPolicy].emergency_again_s:
        return
    _forget_old_alarms(step)
    step.set_in(EMERGENCY_TOLD_AT_S, issi, step.at_s)
    if patch is not None:
        step.note(patch.conference, RadioNote.EMERGENCY, patch.participant, issi=issi)
        voices.whisper_to_hosts(step, patch.conference, prompts.RADIO_EMERGENCY)


def _forget_old_alarms(step: Step) -> None:
    again_s = step.node.policy[ShortDataPolicy].emergency_again_s
    for issi, at_s in list(step.node[EMERGENCY_TOLD_AT_S].items()):
        if step.at_s - at_s >= again_s:
            step.drop_from(EMERGENCY_TOLD_AT_S, issi)


def _note(step: Step, kind: NoteKind, message: Message) -> None:
    if message.conference is None:
        return
    said = {"text": message.text} if message.text is not None else {"status": message.status or 0}
    known = {"id": message.id, "issi": message.sender or 0, "receiver": message.receiver or 0, "group": message.group}
    step.note(message.conference, kind, None, **known, **said)


# --- the terminals ---


def heed(step: Step, event: RadioEvent | ShortDataEvent) -> None:
    """After the patch's own rules. Knows on which terminals a call is up; what waits for its end goes out with it."""
    match event:
        case SdsReceived() | SdsUnreadable() | StatusReceived():
            received(step, event)
        case SdsProgress():
            progress(step, event)
        case SdsReported():
            reported(step, event)
        case RadioTalkStarted() | TransmitGranted():
            step.set_in(ON_CALL, event.terminal, True)
        case RadioTalkStopped() | TransmitEnded() | TransmitRefused():
            step.drop_from(ON_CALL, event.terminal)
            pump(step)
        case TerminalChanged():
            if event.state is not TerminalState.READY:
                step.drop_from(ON_CALL, event.terminal)
            pump(step)
        case TransmitQueued() | ChannelFree():
            return
        case _:
            assert_never(event)


def at_start(step: Step) -> None:
    """The program has come up. A message that it was handing over when it went is in doubt, and not sent again by
    itself. A waiting message waits no longer than before, whether a terminal comes up or not."""
    for message in list(step.node[MESSAGES].values()):
        if message.state is MessageState.SENDING:
            reason = ShortDataReason.HANDOVER_INTERRUPTED()
            step.put(_sent(step, replace(message, state=MessageState.IN_DOUBT, reason=reason)))
    pump(step)
