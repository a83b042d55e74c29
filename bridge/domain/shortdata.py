"""Texts and statuses by radio, both ways, with what is truly known of their delivery.

::

    QUEUED ──a terminal is ready, no call is up──▶ SENDING ──taken──▶ SENT ──▶ ON_AIR ──report──▶ DELIVERED ──▶ READ
      ▲  └── too old ──▶ EXPIRED                   │ │ │
      └─────── refused, may pass, tries left ──────┘ │ └─ refused for good, reported as failed ──▶ FAILED
                                                     └─ line or program lost meanwhile ──▶ IN_DOUBT

The queue stands here and not in the terminal's driver: here it is committed, seen, and free to choose another terminal;
what the driver has is out of our hands. Only the receiver's report makes a message delivered, be it in doubt before.
"""

from dataclasses import replace
from typing import Final, assert_never

from bridge.domain import effects as do
from bridge.domain import events as e
from bridge.domain import meeting, prompts, radiolink, sdstext
from bridge.domain.commands import Done, Refused, SendSds, SendStatus
from bridge.domain.ids import ConferenceId, MessageId, TerminalName
from bridge.domain.model import (
    ConferenceState,
    Message,
    MessageDirection,
    MessageState,
    NoteKind,
    Patch,
    PatchState,
)
from bridge.domain.turn import Turn

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


def send(turn: Turn, actor: str, command: SendSds | SendStatus) -> None:
    """Take a message on; it is sent as soon as a terminal can."""
    if command.message in turn.node.messages:
        turn.reply = Done(command.message)
        return
    refusal = _why_not(turn, command)
    if refusal is not None:
        turn.reply = refusal
        return
    text = command.text if isinstance(command, SendSds) else None
    message = Message(
        id=command.message,
        direction=MessageDirection.OUT,
        state=MessageState.QUEUED,
        created_at_s=turn.at_s,
        receiver=command.receiver,
        group=command.group,
        text=text,
        status=command.status if isinstance(command, SendStatus) else None,
        actor=actor,
        terminals=command.terminals,
        conference=command.conference or _conference_of_group(turn, command),
        parts=sdstext.parts_needed(text, _octets(turn, command.terminals)) if text is not None else 1,
        expires_at_s=turn.at_s + turn.node.policy.short_data.expires_s,
    )
    turn.put(message)
    what = {"characters": len(text)} if text is not None else {"status": message.status}
    turn.audit(actor, "sds.send", message.id, receiver=command.receiver, group=command.group, **what)
    pump(turn)
    turn.reply = Done(message.id)


def _why_not(turn: Turn, command: SendSds | SendStatus) -> Refused | None:
    if not 1 <= command.receiver <= LARGEST_IDENTITY:
        return Refused("invalid", f"{command.receiver} is no subscriber and no talkgroup", "to")
    unknown = [name for name in command.terminals if name not in turn.node.terminals]
    if unknown:
        return Refused("not_found", f"there is no terminal {unknown[0]}", "terminal")
    if not turn.node.terminals:
        return Refused("unavailable", "no radio terminal is configured", "terminal")
    conference = turn.node.conferences.get(command.conference) if command.conference else None
    if command.conference and (conference is None or conference.state is ConferenceState.ENDED):
        return Refused("not_found", "there is no such open conference", "conference_id")
    most = turn.node.policy.short_data.most_waiting
    if sum(one.state is MessageState.QUEUED for one in turn.node.messages.values()) >= most:
        return Refused("unavailable", f"{most} messages wait to be sent already", retry=True)
    if isinstance(command, SendStatus):
        return _unfit_status(command.status)
    return _unfit_text(command.text, _octets(turn, command.terminals))


def _octets(turn: Turn, named: tuple[TerminalName, ...]) -> int:
    """Of text in one message, by whichever of the terminals sends it."""
    held = [one.text_octets for one in turn.node.policy.terminals if not named or one.name in named]
    return min(held, default=sdstext.ONE_OCTETS)


def _unfit_text(text: str, octets: int) -> Refused | None:
    if not text.strip():
        return Refused("invalid", "the text is empty", "text")
    parts = sdstext.parts_needed(text, octets)
    if parts <= sdstext.MOST_PARTS:
        return None
    coding = sdstext.coding_of(text)
    return Refused(
        "invalid",
        f"the text needs {parts} messages and at most {sdstext.MOST_PARTS} are sent:"
        f" about {sdstext.most_characters(coding, octets)} characters in {coding.value.upper()}",
        "text",
    )


def _unfit_status(status: int) -> Refused | None:
    if status == EMERGENCY:
        return Refused(
            "not_allowed", "an emergency alarm is raised by a person with a radio, never from here", "status"
        )
    if not FIRST_FREE_STATUS <= status <= LARGEST_STATUS:
        return Refused(
            "invalid", f"a status is {FIRST_FREE_STATUS}…{LARGEST_STATUS}; the others are reserved", "status"
        )
    return None


def _conference_of_group(turn: Turn, command: SendSds | SendStatus) -> ConferenceId | None:
    if not command.group:
        return None
    patches = (one for one in turn.node.patches.values() if radiolink.is_connected(one))
    return next((one.conference for one in patches if one.gssi == command.receiver), None)


# --- sending ---


def pump(turn: Turn) -> None:
    """Hand over what can be, end what is too old, and look again when there is reason to."""
    if not turn.node.messages:
        return
    _end_the_old(turn)
    busy = {one.terminal for one in turn.node.messages.values() if one.state is MessageState.SENDING}
    for message in _waiting(turn):
        terminal = _terminal_for(turn, message, busy)
        if message.not_before_s <= turn.at_s and terminal is not None:
            busy.add(terminal)
            _hand_over(turn, message, terminal)
    _look_again(turn)


def _waiting(turn: Turn) -> list[Message]:
    """Oldest first."""
    queued = (one for one in turn.node.messages.values() if one.state is MessageState.QUEUED)
    return sorted(queued, key=lambda one: (one.created_at_s, one.id))


def _terminal_for(turn: Turn, message: Message, busy: set[TerminalName | None]) -> TerminalName | None:
    """A ready terminal without a call; rather one that carries no meeting."""
    patched = {one.terminal for one in turn.node.patches.values() if radiolink.is_connected(one)}
    free = [
        name
        for name, terminal in turn.node.terminals.items()
        if terminal.state == e.TerminalState.READY.value
        and (not message.terminals or name in message.terminals)
        and name not in busy
        and not _call_is_up(turn, name)
    ]
    return min(free, key=lambda name: (name in patched, name), default=None)


def _call_is_up(turn: Turn, terminal: TerminalName) -> bool:
    patches = (one for one in turn.node.patches.values() if one.terminal == terminal)
    return turn.node.on_call.get(terminal, False) or any(one.state in _CALL_UP for one in patches)


def _hand_over(turn: Turn, message: Message, terminal: TerminalName) -> None:
    """From here on the message is out of our hands, and this is on disk before it is."""
    first = message.tries == 0
    sender = turn.node.terminals[terminal].issi
    message = replace(
        message, state=MessageState.SENDING, terminal=terminal, sender=sender, tries=message.tries + 1, reason=None
    )
    turn.put(message)
    receiver = message.receiver or 0
    if message.status is not None:
        turn.do(do.SendStatus(terminal, message.id, receiver, message.status))
    else:
        text = message.text or ""
        turn.do(do.SendSds(terminal, message.id, receiver, message.group, text, message.parts_sent + 1))
    if first:
        _note(turn, NoteKind.MESSAGE_OUT, message)


def _look_again(turn: Turn) -> None:
    due = [one.expires_at_s for one in turn.node.messages.values() if one.expires_at_s is not None]
    if not due:
        return
    after_s = max(min(due) - turn.at_s, 0.0)
    waiting = _waiting(turn)
    if waiting:
        soonest_s = min(one.not_before_s for one in waiting) - turn.at_s
        after_s = min(after_s, max(soonest_s, turn.node.policy.short_data.look_again_s))
    turn.start_timer(e.TimerKind.SDS_PUMP, "", after_s)


def _end_the_old(turn: Turn) -> None:
    for message in list(turn.node.messages.values()):
        if message.expires_at_s is None or message.expires_at_s > turn.at_s:
            continue
        if message.state is MessageState.QUEUED:
            why = message.reason or "no terminal was free"
            _end(turn, replace(message, state=MessageState.EXPIRED, reason=f"not sent in time: {why}"))
        elif message.state in (MessageState.SENT, MessageState.ON_AIR):
            _end(turn, replace(message, reason=message.reason or "no delivery report came"))
        elif message.state in _AWAITS_REPORT:
            _end(turn, message)


def _end(turn: Turn, message: Message) -> None:
    """Nothing more is awaited; the store keeps it."""
    ended = replace(message, ended_at_s=turn.at_s)
    turn.put(ended)
    turn.forget(ended)


# --- what became of it ---


def progress(turn: Turn, event: e.SdsProgress) -> None:
    """The terminal's own word about a part. It never makes a message delivered."""
    message = turn.node.messages.get(event.message)
    if message is None:
        return
    match event.stage:
        case e.SdsStage.STARTED:
            references = (*message.references[: event.part - 1], event.reference)
            turn.put(replace(message, parts=event.parts, references=references))
        case e.SdsStage.ACCEPTED:
            _accepted(turn, message, event)
        case e.SdsStage.ON_AIR:
            _on_air(turn, message)
        case e.SdsStage.NOT_ON_AIR:
            if message.state in (MessageState.SENDING, MessageState.SENT):
                _end(turn, replace(message, state=MessageState.FAILED, reason=event.reason))
        case e.SdsStage.IN_DOUBT:
            if message.state is MessageState.SENDING:
                turn.put(_sent(turn, replace(message, state=MessageState.IN_DOUBT, reason=event.reason)))
    pump(turn)


def _accepted(turn: Turn, message: Message, event: e.SdsProgress) -> None:
    """A part that is taken is not sent again, and the rest goes by the same terminal, which cuts as it did."""
    message = replace(message, parts_sent=max(message.parts_sent, event.part), terminals=(event.terminal,))
    if message.parts_sent >= message.parts and message.state is MessageState.SENDING:
        message = _sent(turn, replace(message, state=MessageState.SENT))
    turn.put(message)


def _sent(turn: Turn, message: Message) -> Message:
    expires_at_s = turn.at_s + turn.node.policy.short_data.expires_s
    return replace(message, sent_at_s=turn.at_s, expires_at_s=expires_at_s)


def _on_air(turn: Turn, message: Message) -> None:
    message = replace(message, parts_on_air=min(message.parts_on_air + 1, message.parts))
    if message.parts_on_air < message.parts or message.state is not MessageState.SENT:
        turn.put(message)
        return
    message = replace(message, state=MessageState.ON_AIR, on_air_at_s=turn.at_s)
    if any(reference is not None for reference in message.references):
        turn.put(message)
    else:
        _end(turn, message)


def refused(turn: Turn, message_id: str, reason: str, *, retry: bool) -> None:
    """The terminal did not take it, or could not send it: the part last started has not gone out."""
    message = turn.node.messages.get(MessageId(message_id))
    if message is None or message.state not in (MessageState.SENDING, MessageState.SENT):
        return
    message = replace(message, parts_sent=min(message.parts_sent, max(0, len(message.references) - 1)))
    policy = turn.node.policy.short_data
    if not retry or message.tries >= policy.tries:
        _end(turn, replace(message, state=MessageState.FAILED, reason=reason))
    else:
        wait_s = min(policy.retry_longest_s, policy.retry_s * 2 ** (message.tries - 1))
        later = replace(message, state=MessageState.QUEUED, reason=reason, not_before_s=turn.at_s + wait_s)
        turn.put(later)
    pump(turn)


def reported(turn: Turn, event: e.SdsReported) -> None:
    """The one proof of delivery. References come round; the newest message to that receiver is meant."""
    sent = [
        one
        for one in turn.node.messages.values()
        if one.receiver == event.sender and not one.group and event.reference in one.references
    ]
    if not sent:
        return
    message = max(sent, key=lambda one: one.created_at_s)
    part = message.references.index(event.reference) + 1
    match event.delivery:
        case e.SdsDelivery.FAILED:
            _end(turn, replace(message, state=MessageState.FAILED, reason=event.reason))
        case e.SdsDelivery.STORED:
            turn.put(replace(message, reason=event.reason))
        case e.SdsDelivery.DELIVERED:
            _delivered(turn, replace(message, delivered=message.delivered | {part}))
        case e.SdsDelivery.READ:
            both = replace(message, delivered=message.delivered | {part}, read=message.read | {part})
            _delivered(turn, both)
    pump(turn)


def _delivered(turn: Turn, message: Message) -> None:
    if len(message.delivered) == message.parts and message.delivered_at_s is None:
        message = replace(message, state=MessageState.DELIVERED, delivered_at_s=turn.at_s, reason=None)
        message = replace(message, sent_at_s=message.sent_at_s or turn.at_s)
    if len(message.read) == message.parts:
        _end(turn, replace(message, state=MessageState.READ, read_at_s=turn.at_s))
    else:
        turn.put(message)


# --- what comes in ---


def received(turn: Turn, event: e.SdsReceived | e.SdsUnreadable | e.StatusReceived) -> None:
    """Keep it and show it; an emergency alarm is told to the hosts at once. Of one that cannot be read it is shown that
    it came, from whom, and why it cannot."""
    patch = radiolink.patch_on(turn, event.terminal)
    about_patch = patch is not None and not (event.group and event.receiver != patch.gssi)
    status = event.code if isinstance(event, e.StatusReceived) else None
    message = Message(
        id=MessageId(turn.mint("sds")),
        direction=MessageDirection.IN,
        state=MessageState.RECEIVED,
        created_at_s=event.at_s,
        receiver=event.receiver,
        group=event.group,
        sender=event.sender,
        text=_text_of(event),
        status=status,
        reason=f"it cannot be read: {event.reason}" if isinstance(event, e.SdsUnreadable) else None,
        terminal=event.terminal,
        conference=patch.conference if patch is not None and (about_patch or status == EMERGENCY) else None,
    )
    _end(turn, message)
    _note(turn, NoteKind.MESSAGE_IN, message)
    if status == EMERGENCY:
        _emergency(turn, message, patch)


def _text_of(event: e.SdsReceived | e.SdsUnreadable | e.StatusReceived) -> str | None:
    match event:
        case e.SdsReceived():
            return event.text
        case e.SdsUnreadable():
            return UNREADABLE
        case e.StatusReceived():
            return None
        case _:
            assert_never(event)


def _emergency(turn: Turn, message: Message, patch: Patch | None) -> None:
    issi = message.sender or 0
    told_at_s = turn.node.emergency_told_at_s.get(issi)
    turn.audit(
        "samband", "radio.emergency", message.id, issi=issi, terminal=message.terminal, receiver=message.receiver
    )
    if told_at_s is not None and turn.at_s - told_at_s < turn.node.policy.short_data.emergency_again_s:
        return
    _forget_old_alarms(turn)
    turn.set_in("emergency_told_at_s", issi, turn.at_s)
    if patch is not None:
        turn.note(patch.conference, NoteKind.EMERGENCY, patch.participant, issi=issi)
        meeting.whisper_to_hosts(turn, patch.conference, prompts.RADIO_EMERGENCY)


def _forget_old_alarms(turn: Turn) -> None:
    again_s = turn.node.policy.short_data.emergency_again_s
    for issi, at_s in list(turn.node.emergency_told_at_s.items()):
        if turn.at_s - at_s >= again_s:
            turn.drop_from("emergency_told_at_s", issi)


def _note(turn: Turn, kind: NoteKind, message: Message) -> None:
    if message.conference is None:
        return
    said = {"text": message.text} if message.text is not None else {"status": message.status or 0}
    known = {"id": message.id, "issi": message.sender or 0, "receiver": message.receiver or 0, "group": message.group}
    turn.note(message.conference, kind, None, **known, **said)


# --- the terminals ---


def heed(turn: Turn, event: e.RadioEvent) -> None:
    """After the patch's own rules. Knows on which terminals a call is up; what waits for its end goes out with it."""
    match event:
        case e.SdsReceived() | e.SdsUnreadable() | e.StatusReceived():
            received(turn, event)
        case e.SdsProgress():
            progress(turn, event)
        case e.SdsReported():
            reported(turn, event)
        case e.RadioTalkStarted() | e.TransmitGranted():
            turn.set_in("on_call", event.terminal, True)
        case e.RadioTalkStopped() | e.TransmitEnded() | e.TransmitRefused():
            turn.drop_from("on_call", event.terminal)
            pump(turn)
        case e.TerminalChanged():
            if event.state is not e.TerminalState.READY:
                turn.drop_from("on_call", event.terminal)
            pump(turn)
        case e.TransmitQueued() | e.ChannelFree():
            return
        case _:
            assert_never(event)


def at_start(turn: Turn) -> None:
    """The program has come up: what it was handing over when it went is in doubt, and not sent again by itself."""
    for message in list(turn.node.messages.values()):
        if message.state is MessageState.SENDING:
            reason = "Samband was stopped while it was handed to the terminal"
            turn.put(_sent(turn, replace(message, state=MessageState.IN_DOUBT, reason=reason)))
