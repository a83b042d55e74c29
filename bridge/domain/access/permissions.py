"""The one table of what each principal may do. Pure.

Every use case of `bridge.service` names its act, and is carried out only where `permits` says so. A rule about the
state of a meeting is no permission: it stands with the meeting's own rules.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from bridge.domain.kernel.principal import AccessRole, Principal


class Act(StrEnum):
    """One thing that somebody can ask for. The value stands in the audit log."""

    CONFERENCE_READ = "conference.read"
    CONFERENCE_OPEN = "conference.open"
    CONFERENCE_LOCK = "conference.lock"
    CONFERENCE_DOOR = "conference.door"
    CONFERENCE_LET_IN = "conference.let_in"
    """Let in those who wait, and speak to them."""
    CONFERENCE_MUTE_ALL = "conference.mute_all"
    CONFERENCE_RECORD = "conference.record"
    CONFERENCE_TIME = "conference.time"
    """Say when it is meant to end, and extend it."""
    CONFERENCE_END = "conference.end"
    CONFERENCE_CODES = "conference.codes"
    """Issue personal codes, list them without their digits, and withdraw them."""
    PARTICIPANT_READ = "participant.read"
    PARTICIPANT_RING = "participant.ring"
    PARTICIPANT_MUTE = "participant.mute"
    PARTICIPANT_ROLE = "participant.role"
    PARTICIPANT_KEY_RADIO = "participant.key_radio"
    PARTICIPANT_REMOVE = "participant.remove"
    FLOOR_READ = "floor.read"
    FLOOR_LEAD = "floor.lead"
    """Choose the mode, give the floor and take it."""
    FLOOR_REQUEST = "floor.request"
    ROOM_READ = "room.read"
    ROOM_LEAD = "room.lead"
    """Open and close side rooms, and move people between them and the main room."""
    ROLL_CALL_READ = "roll_call.read"
    ROLL_CALL_LEAD = "roll_call.lead"
    """Begin it, tick, and end it."""
    DECISION_READ = "decision.read"
    DECISION_LEAD = "decision.lead"
    """Mark and cancel decisions, and enter the answers of organisations."""
    DECISION_ANSWER = "decision.answer"
    """Answer by radio for one's own organisation."""
    PATCH_READ = "patch.read"
    PATCH_ADD = "patch.add"
    PATCH_CHANGE = "patch.change"
    PATCH_APPROVE = "patch.approve"
    PATCH_EXTEND = "patch.extend"
    PATCH_REMOVE = "patch.remove"
    ACTIVATION_READ = "activation.read"
    ACTIVATION_START = "activation.start"
    ACTIVATION_CANCEL = "activation.cancel"
    ACTIVATION_APPROVE = "activation.approve"
    """As the second person, let a call-out call new ranges and beyond the caps."""
    SCHEDULE_READ = "schedule.read"
    """Read the schedule, its dates and invitations."""
    SCHEDULE_CHANGE = "schedule.change"
    """Add, change and remove prepared conferences, skip and move dates."""
    SCHEDULE_START = "schedule.start"
    """Open a prepared conference now."""
    SITUATION_READ = "situation_report.read"
    SITUATION_REPORT = "situation_report.give"
    """Enter the situation report of an organisation."""
    MESSAGE_READ = "message.read"
    MESSAGE_SEND = "message.send"
    MESSAGE_REPORT = "message.report"
    """Hand in a gateway's receipts, and the answers that came by it."""
    LINK_USE = "link.use"
    """Do the one thing that a link is good for."""
    RECORDING_READ = "recording.read"
    RECORDING_LISTEN = "recording.listen"
    RECORDING_PACKAGE = "recording.package"
    RECORDING_RELEASE = "recording.release"
    """Hand a meeting out with parts taken out of it."""
    RECORDING_LABEL = "recording.label"
    """Put a label on a meeting of the archive, and take it away."""
    SECRET_READ = "secrecy.read"  # noqa: S105  an act, no secret
    """Read recordings, decisions and roll calls of a conference where secrecy applies, besides the act itself."""
    DIRECTORY_READ = "directory.read"
    DIRECTORY_CHANGE = "directory.change"
    UPKEEP_LINK = "upkeep.link"
    """Make links by which organisations keep their own contact data, send and revoke them."""
    UPKEEP_READ = "upkeep.read"
    """Read the contact data of one's own organisation."""
    UPKEEP_CHANGE = "upkeep.change"
    UPKEEP_CONFIRM = "upkeep.confirm"
    TERMINAL_READ = "terminal.read"
    TRUNK_TEST = "trunk.test"
    """Have a call placed to oneself over a trunk."""
    AUDIT_READ = "audit.read"
    EVENTS_READ = "events.read"


_ALL: Final = frozenset({AccessRole.OPERATOR, AccessRole.RADIO_ORDERS, AccessRole.SYSTEM})
_OPERATORS: Final = frozenset({AccessRole.OPERATOR})
_OPENERS: Final = frozenset({AccessRole.OPERATOR, AccessRole.SYSTEM})
_EDITORS: Final = frozenset({AccessRole.ORGANISATION_EDITOR})
_LEADERS: Final = frozenset({AccessRole.OPERATOR, AccessRole.RADIO_ORDERS})
_STARTERS: Final = _LEADERS | {AccessRole.PHONE_ORDERS}

PERMITTED: Final[Mapping[Act, frozenset[AccessRole]]] = {
    Act.CONFERENCE_READ: _ALL,
    Act.CONFERENCE_OPEN: _OPENERS,
    Act.CONFERENCE_LOCK: _OPERATORS,
    Act.CONFERENCE_DOOR: _OPERATORS,
    Act.CONFERENCE_LET_IN: _OPERATORS,
    Act.CONFERENCE_MUTE_ALL: _OPERATORS,
    Act.CONFERENCE_RECORD: _LEADERS,
    Act.CONFERENCE_TIME: _OPERATORS,
    Act.CONFERENCE_END: _LEADERS,
    Act.CONFERENCE_CODES: _OPERATORS,
    Act.PARTICIPANT_READ: _LEADERS,
    Act.PARTICIPANT_RING: _OPERATORS,
    Act.PARTICIPANT_MUTE: _OPERATORS,
    Act.PARTICIPANT_ROLE: _OPERATORS,
    Act.PARTICIPANT_KEY_RADIO: _OPERATORS,
    Act.PARTICIPANT_REMOVE: _OPERATORS,
    Act.FLOOR_READ: _OPERATORS,
    Act.FLOOR_LEAD: _OPERATORS,
    Act.FLOOR_REQUEST: _OPERATORS,
    Act.ROOM_READ: _OPERATORS,
    Act.ROOM_LEAD: _OPERATORS,
    Act.ROLL_CALL_READ: _OPERATORS,
    Act.ROLL_CALL_LEAD: _OPERATORS,
    Act.DECISION_READ: _OPERATORS,
    Act.DECISION_LEAD: _OPERATORS,
    Act.DECISION_ANSWER: _LEADERS,
    Act.PATCH_READ: _OPERATORS,
    Act.PATCH_ADD: _OPERATORS,
    Act.PATCH_CHANGE: _OPERATORS,
    Act.PATCH_APPROVE: _OPERATORS,
    Act.PATCH_EXTEND: _OPERATORS,
    Act.PATCH_REMOVE: _OPERATORS,
    Act.ACTIVATION_READ: _LEADERS,
    Act.ACTIVATION_START: _STARTERS,
    Act.ACTIVATION_CANCEL: _OPERATORS,
    Act.ACTIVATION_APPROVE: _OPERATORS,
    Act.SCHEDULE_READ: _OPERATORS,
    Act.SCHEDULE_CHANGE: _OPERATORS,
    Act.SCHEDULE_START: _OPERATORS,
    Act.SITUATION_READ: _OPERATORS,
    Act.SITUATION_REPORT: _OPERATORS,
    Act.MESSAGE_READ: _OPERATORS,
    Act.MESSAGE_SEND: _OPENERS,
    Act.MESSAGE_REPORT: frozenset({AccessRole.SYSTEM}),
    Act.LINK_USE: frozenset({AccessRole.LINK}),
    Act.RECORDING_READ: _OPERATORS,
    Act.RECORDING_LISTEN: _OPERATORS,
    Act.RECORDING_PACKAGE: _OPERATORS,
    Act.RECORDING_RELEASE: _OPERATORS,
    Act.RECORDING_LABEL: _OPERATORS,
    Act.SECRET_READ: frozenset({AccessRole.SECRECY}),
    Act.DIRECTORY_READ: _ALL,
    Act.DIRECTORY_CHANGE: _OPERATORS,
    Act.UPKEEP_LINK: _OPENERS,
    Act.UPKEEP_READ: _EDITORS,
    Act.UPKEEP_CHANGE: _EDITORS,
    Act.UPKEEP_CONFIRM: _EDITORS,
    Act.TERMINAL_READ: _OPERATORS,
    Act.TRUNK_TEST: _OPERATORS,
    Act.AUDIT_READ: _OPERATORS,
    Act.EVENTS_READ: _OPERATORS,
}
"""Act → the roles of which one is enough. An act without a row is permitted to nobody."""


def permits(principal: Principal, act: Act, organisation: str | None = None) -> bool:
    """Whether the principal may do this.

    Args:
        principal: The one who asks.
        act: The use case asked for.
        organisation: The organisation whose matter it is; `None` where it is no organisation's own.
    """
    if PERMITTED.get(act, frozenset()).isdisjoint(principal.roles):
        return False
    confined_to = principal.organisations
    return confined_to is None or organisation is None or organisation in confined_to
