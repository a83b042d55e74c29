"""The one table of what each principal may do. Pure.

Every use case of `bridge.service` names its act, and is carried out only where `permits` says so. A rule about the
state of a meeting is no permission: it stands with the meeting's own rules.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bridge.domain.kernel.principal import AccessRole, Principal, PrincipalKind


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
    CONFERENCE_PASS_ON = "conference.pass_on"  # noqa: S105  an act, no secret
    """Make it another person's."""
    CONFERENCE_END = "conference.end"
    CONFERENCE_CODES = "conference.codes"
    """Issue personal codes, list them without their digits, and withdraw them."""
    CODES_READ = "conference.codes_read"
    """See the codes of a conference, besides the act itself."""
    PARTICIPANT_READ = "participant.read"
    NUMBERS_READ = "participant.numbers_read"
    """See the numbers of those who take part, and those of the directory, besides the act itself."""
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
    ACTIVATION_STEER = "activation.steer"
    """As the second person, let a call-out call new ranges and beyond the caps."""
    EXERCISE_READ = "exercise.read"
    """See which scenarios can be played, and what came of those that were."""
    EXERCISE_PLAY = "exercise.play"
    """Have a scenario played against the simulated region, and stop it."""
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
    PACKAGE_READ = "recording.package_read"
    """See how far packages are, and take them away. To get one is to package."""
    ARCHIVE_VERIFY = "archive.verify"
    """Hold the archive against its audit log, and read how that went."""
    ARCHIVE_WITNESS = "archive.witness"
    """As another node, have one's signed heads kept here, and read one's own."""
    ARCHIVE_KEY = "archive.key"
    """Sign with a new key, since the former is lost."""
    ARCHIVE_KEEP = "archive.keep"
    """Place and lift legal holds, and restrict recordings by label."""
    ARCHIVE_DISPOSE = "archive.dispose"
    """Propose a disposal, or decide on another person's."""
    RECORDING_RELEASE = "recording.release"
    """Hand a meeting out with parts taken out of it."""
    RECORDING_LABEL = "recording.label"
    """Put a label on a meeting of the archive, and take it away."""
    SECRET_READ = "secrecy.read"  # noqa: S105  an act, no secret
    """Read recordings, decisions and roll calls of a conference where secrecy applies, besides the act itself."""
    DIRECTORY_READ = "directory.read"
    DIRECTORY_CHANGE = "directory.change"
    DIRECTORY_FILES = "directory.files"
    """Read the directory as a whole, and write many entries at once."""
    UPKEEP_LINK = "upkeep.link"
    """Make links by which organisations keep their own contact data, send and revoke them."""
    UPKEEP_READ = "upkeep.read"
    """Read the contact data of one's own organisation."""
    UPKEEP_CHANGE = "upkeep.change"
    UPKEEP_CONFIRM = "upkeep.confirm"
    ALARM_READ = "alarm.read"
    ALARM_ACKNOWLEDGE = "alarm.acknowledge"
    ALARM_SHELVE = "alarm.shelve"
    """Put an alarm out of the way for a while, and take it back."""
    TERMINAL_READ = "terminal.read"
    TRUNK_TEST = "trunk.test"
    """Have a call placed to oneself over a trunk."""
    AUDIT_READ = "audit.read"
    AUDIT_VERIFY = "audit.verify"
    """Recompute the chain of the audit log."""
    ORDER_CODE = "function.order_code"
    """Give a function the code by which it starts call-outs, and withdraw it."""
    SETTINGS_READ = "settings.read"
    """Read the settings of the running program, but for its secrets."""
    EVENTS_READ = "events.read"
    ACCOUNT_READ = "account.read"
    ACCOUNT_CHANGE = "account.change"
    """Make accounts, invite, give roles, disable and remove."""
    SESSION_READ = "session.read"
    """See who is logged in."""
    SESSION_END = "session.end"
    """End the sessions of others."""
    TOKEN_READ = "token.read"  # noqa: S105  an act, no secret
    TOKEN_ISSUE = "token.issue"  # noqa: S105
    TOKEN_REVOKE = "token.revoke"  # noqa: S105
    OWN_READ = "own.read"
    """See who one is, one's own sessions and factors."""
    OWN_CHANGE = "own.change"
    """Choose language, theme and sound, and end one's own sessions."""
    OWN_FACTORS = "own.factors"
    """Change one's own password and factors."""


_R: Final = AccessRole
_OPERATORS: Final = frozenset({_R.OPERATOR, _R.SERVICE})
_COORDINATORS: Final = _OPERATORS | {_R.COORDINATOR}
_HOSTS: Final = _COORDINATORS | {_R.HOST}
_LEADERS: Final = _HOSTS | {_R.RADIO_ORDERS}
_STARTERS: Final = _LEADERS | {_R.PHONE_ORDERS}
_OPENERS: Final = _HOSTS | {_R.SYSTEM}
_LOOKERS: Final = _HOSTS | {_R.KEEPER, _R.LISTENER}
_READERS: Final = _LOOKERS | {_R.REGISTRAR}
"""Of what stands in the archive too."""
_ARCHIVE: Final = _HOSTS | {_R.REGISTRAR}
_EDITORS: Final = frozenset({_R.ORGANISATION_EDITOR})
_KEEPERS: Final = frozenset({_R.OPERATOR, _R.KEEPER})
_PEOPLE: Final = frozenset(
    {
        _R.OPERATOR,
        _R.KEEPER,
        _R.HOST,
        _R.COORDINATOR,
        _R.DIRECTORY_EDITOR,
        _R.LISTENER,
        _R.REGISTRAR,
        _R.AUDITOR,
        _R.SERVICE,
    }
)

PERMITTED: Final[Mapping[Act, frozenset[AccessRole]]] = {
    Act.CONFERENCE_READ: _READERS | {_R.RADIO_ORDERS, _R.SYSTEM},
    Act.CONFERENCE_OPEN: _OPENERS,
    Act.CONFERENCE_LOCK: _HOSTS,
    Act.CONFERENCE_DOOR: _HOSTS,
    Act.CONFERENCE_LET_IN: _HOSTS,
    Act.CONFERENCE_MUTE_ALL: _HOSTS,
    Act.CONFERENCE_RECORD: _LEADERS,
    Act.CONFERENCE_TIME: _HOSTS,
    Act.CONFERENCE_PASS_ON: _HOSTS,
    Act.CONFERENCE_END: _LEADERS,
    Act.CONFERENCE_CODES: _HOSTS,
    Act.ORDER_CODE: _COORDINATORS,
    Act.CODES_READ: _LEADERS | {_R.SYSTEM},
    Act.PARTICIPANT_READ: _READERS | {_R.RADIO_ORDERS},
    Act.NUMBERS_READ: _ARCHIVE | {_R.RADIO_ORDERS, _R.DIRECTORY_EDITOR, _R.SYSTEM},
    Act.PARTICIPANT_RING: _HOSTS,
    Act.PARTICIPANT_MUTE: _HOSTS,
    Act.PARTICIPANT_ROLE: _HOSTS,
    Act.PARTICIPANT_KEY_RADIO: _HOSTS,
    Act.PARTICIPANT_REMOVE: _HOSTS,
    Act.FLOOR_READ: _LOOKERS,
    Act.FLOOR_LEAD: _HOSTS,
    Act.FLOOR_REQUEST: _HOSTS,
    Act.ROOM_READ: _LOOKERS,
    Act.ROOM_LEAD: _HOSTS,
    Act.ROLL_CALL_READ: _READERS,
    Act.ROLL_CALL_LEAD: _HOSTS,
    Act.DECISION_READ: _READERS,
    Act.DECISION_LEAD: _HOSTS,
    Act.DECISION_ANSWER: _LEADERS,
    Act.PATCH_READ: _LOOKERS,
    Act.PATCH_ADD: _HOSTS,
    Act.PATCH_CHANGE: _HOSTS,
    Act.PATCH_APPROVE: frozenset({_R.OPERATOR, _R.COORDINATOR}),
    Act.PATCH_EXTEND: _HOSTS,
    Act.PATCH_REMOVE: _HOSTS,
    Act.ACTIVATION_READ: _ARCHIVE | {_R.KEEPER, _R.RADIO_ORDERS},
    Act.ACTIVATION_START: _STARTERS,
    Act.ACTIVATION_CANCEL: _HOSTS,
    Act.ACTIVATION_STEER: _HOSTS,
    Act.ACTIVATION_APPROVE: frozenset({_R.OPERATOR, _R.COORDINATOR, _R.KEEPER}),
    Act.EXERCISE_READ: _HOSTS,
    Act.EXERCISE_PLAY: _HOSTS,
    Act.SCHEDULE_READ: _HOSTS,
    Act.SCHEDULE_CHANGE: _COORDINATORS,
    Act.SCHEDULE_START: _HOSTS,
    Act.SITUATION_READ: _ARCHIVE,
    Act.SITUATION_REPORT: _HOSTS,
    Act.MESSAGE_READ: _HOSTS,
    Act.MESSAGE_SEND: _OPENERS,
    Act.MESSAGE_REPORT: frozenset({_R.SYSTEM}),
    Act.LINK_USE: frozenset({_R.LINK}),
    Act.RECORDING_READ: _ARCHIVE,
    Act.RECORDING_LISTEN: _ARCHIVE,
    Act.RECORDING_PACKAGE: _OPERATORS | {_R.REGISTRAR},
    Act.PACKAGE_READ: _OPERATORS | {_R.REGISTRAR},
    Act.RECORDING_RELEASE: _OPERATORS | {_R.REGISTRAR},
    Act.RECORDING_LABEL: _ARCHIVE,
    Act.ARCHIVE_VERIFY: _OPERATORS | {_R.KEEPER, _R.REGISTRAR, _R.AUDITOR},
    Act.ARCHIVE_WITNESS: _OPERATORS,
    Act.ARCHIVE_KEY: _KEEPERS,
    Act.ARCHIVE_KEEP: frozenset({_R.OPERATOR, _R.REGISTRAR}),
    Act.ARCHIVE_DISPOSE: frozenset({_R.OPERATOR, _R.REGISTRAR}),
    Act.SECRET_READ: frozenset({_R.SECRECY}),
    Act.DIRECTORY_READ: _HOSTS | {_R.DIRECTORY_EDITOR, _R.KEEPER, _R.RADIO_ORDERS, _R.SYSTEM},
    Act.DIRECTORY_CHANGE: _COORDINATORS | {_R.DIRECTORY_EDITOR},
    Act.DIRECTORY_FILES: _COORDINATORS,
    Act.UPKEEP_LINK: _COORDINATORS | {_R.SYSTEM},
    Act.UPKEEP_READ: _EDITORS,
    Act.UPKEEP_CHANGE: _EDITORS,
    Act.UPKEEP_CONFIRM: _EDITORS,
    Act.ALARM_READ: _HOSTS | {_R.KEEPER},
    Act.ALARM_ACKNOWLEDGE: _HOSTS | {_R.KEEPER},
    Act.ALARM_SHELVE: _HOSTS | {_R.KEEPER},
    Act.TERMINAL_READ: _HOSTS | {_R.KEEPER},
    Act.TRUNK_TEST: _OPERATORS | {_R.KEEPER},
    Act.AUDIT_READ: _COORDINATORS | {_R.KEEPER, _R.HOST, _R.DIRECTORY_EDITOR, _R.REGISTRAR, _R.AUDITOR},
    Act.AUDIT_VERIFY: _OPERATORS | {_R.KEEPER, _R.REGISTRAR, _R.AUDITOR},
    Act.SETTINGS_READ: _OPERATORS | {_R.KEEPER},
    Act.EVENTS_READ: _READERS,
    Act.ACCOUNT_READ: _KEEPERS,
    Act.ACCOUNT_CHANGE: _KEEPERS,
    Act.SESSION_READ: _KEEPERS,
    Act.SESSION_END: _KEEPERS,
    Act.TOKEN_READ: _KEEPERS,
    Act.TOKEN_ISSUE: _KEEPERS,
    Act.TOKEN_REVOKE: _KEEPERS,
    Act.OWN_READ: _PEOPLE,
    Act.OWN_CHANGE: _PEOPLE,
    Act.OWN_FACTORS: _PEOPLE - {_R.SERVICE},
}
"""Act → the roles of which one is enough. An act without a row is permitted to nobody."""

FRESH: Final = frozenset(
    {
        Act.RECORDING_PACKAGE,
        Act.RECORDING_RELEASE,
        Act.ARCHIVE_DISPOSE,
        Act.ACCOUNT_CHANGE,
        Act.TOKEN_ISSUE,
        Act.OWN_FACTORS,
    }
)
"""Acts before which a person who is logged in shows anew who they are. A call-out is never among them: it would cost
the minutes that it is for."""
FRESH_S: Final = 300.0
"""A factor that was shown so long ago is fresh."""
REGION: Final = ""
"""In the place of an organisation: the matter is the region's, and of nobody who is confined to organisations."""


def permits(principal: Principal, act: Act, organisation: str | None = None) -> bool:
    """Whether the principal may do this.

    Args:
        principal: The one who asks.
        act: The use case asked for.
        organisation: The organisation whose matter it is; `REGION`: the region's; `None` where that is not known yet.
    """
    if PERMITTED.get(act, frozenset()).isdisjoint(principal.roles):
        return False
    if principal.permissions is not None and act.value not in principal.permissions:
        return False
    confined_to = principal.organisations
    return confined_to is None or organisation is None or organisation in confined_to


OWN_MEETINGS: Final = frozenset({_R.HOST})
"""Roles that reach their own meetings alone: those that they opened or were handed, and those that their account
names."""
OWN_ACTS: Final = frozenset({_R.HOST, _R.COORDINATOR, _R.DIRECTORY_EDITOR})
"""Roles that read of the audit log what they did themselves."""
OF_NO_MEETING: Final = frozenset(
    {
        Act.CONFERENCE_OPEN,
        Act.ACTIVATION_START,
        Act.EXERCISE_READ,
        Act.EXERCISE_PLAY,
        Act.SCHEDULE_READ,
        Act.SCHEDULE_CHANGE,
        Act.SCHEDULE_START,
        Act.MESSAGE_SEND,
        Act.DIRECTORY_READ,
        Act.DIRECTORY_CHANGE,
        Act.DIRECTORY_FILES,
        Act.UPKEEP_LINK,
        Act.ORDER_CODE,
        Act.ALARM_READ,
        Act.ALARM_ACKNOWLEDGE,
        Act.ALARM_SHELVE,
        Act.TERMINAL_READ,
        Act.AUDIT_READ,
    }
)
"""Acts that concern no meeting, or begin one. They are open to those who are confined to some meetings, too."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The meetings that somebody is confined to. One ground is enough."""

    opened_by: str
    """Their own name: it is their meeting."""
    forums: frozenset[str] = frozenset()
    meetings: frozenset[str] = frozenset()
    nobodys: bool = False
    """Those too that no person opened: by a schedule, an order, or for people out of the emergency room."""

    def holds(self, conference: str, forum: str | None, opened_by: str | None, co_hosts: Collection[str] = ()) -> bool:
        """Whether a meeting is one of these. `co_hosts`: those who lead it beside the one whose it is."""
        if opened_by == self.opened_by or self.opened_by in co_hosts or conference in self.meetings:
            return True
        return forum in self.forums or (self.nobodys and opened_by is None)


def reach_of(principal: Principal, act: Act) -> Reach | None:
    """The meetings that the principal is confined to when they do this; `None`: they are not confined.

    An account that names forums or meetings is confined to these and its own, whatever its role. A host is confined to
    their own in any case, unless another role of theirs may do the act.
    """
    by = PERMITTED.get(act, frozenset()) & principal.roles
    is_named = principal.forums is not None or principal.meetings is not None
    is_own = bool(by) and by <= OWN_MEETINGS
    if not is_named and not is_own:
        return None
    return Reach(
        principal.name, principal.forums or frozenset(), principal.meetings or frozenset(), is_own and not is_named
    )


def opener_of(principal: Principal) -> str | None:
    """The name under which a meeting that they open is theirs; `None`: nobody's. A program, a radio and a telephone
    have no account, and somebody has to lead what they open."""
    is_person = principal.kind in (PrincipalKind.OPERATOR, PrincipalKind.TOKEN)
    is_program = AccessRole.SERVICE in principal.roles and principal.account is None
    return principal.name if is_person and not is_program else None


def reads_own_acts_alone(principal: Principal) -> bool:
    """Whether of the audit log they read what they did themselves, and nothing else."""
    return PERMITTED[Act.AUDIT_READ] & principal.roles <= OWN_ACTS


def must_show_again(principal: Principal, act: Act, now_s: float) -> bool:
    """Whether a person who is logged in is to show anew who they are before this act. A token is shown each time."""
    if act not in FRESH or principal.session is None:
        return False
    return principal.factor_at_s is None or now_s - principal.factor_at_s > FRESH_S
