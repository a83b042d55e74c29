"""Names of things. All are strings; the types keep one kind from being taken for another.

Ids we make are a three-letter kind, a dash and 26 characters (`leg-01JD…`). Their length is fixed, since Asterisk
matches channel ids by prefix. They are minted at the border (`bridge.ports.Ids`), and arrive inside commands. A step
that must name something new calls the `mint` it was given. So a replay can hand in the same ids again.
"""

from typing import Final, NewType

ChannelId = NewType("ChannelId", str)
"""An Asterisk channel: ours (`leg-…`) for calls we make, Asterisk's own for calls that come in."""

MixId = NewType("MixId", str)
"""An Asterisk mixing bridge, `mix-…`; also the id of the room whose sound it mixes."""

PlaybackId = NewType("PlaybackId", str)
ConferenceId = NewType("ConferenceId", str)
ParticipantId = NewType("ParticipantId", str)
"""A seat in a conference."""

LegId = NewType("LegId", str)
"""The carrier of a seat; its channel or patch has an id of its own."""

ActivationId = NewType("ActivationId", str)
TargetId = NewType("TargetId", str)
AttemptId = NewType("AttemptId", str)
"""One call to one number. It is also the channel's id in Asterisk, which makes the call idempotent."""

PatchId = NewType("PatchId", str)
"""A conference tied to a talkgroup over one terminal; also the name of its audio path in `bridge.media`."""

RecordingId = NewType("RecordingId", str)
RollCallId = NewType("RollCallId", str)
RollEntryId = NewType("RollEntryId", str)
"""A function on the roll of one roll call, or a deputy of one."""
DecisionId = NewType("DecisionId", str)
AcknowledgementId = NewType("AcknowledgementId", str)
"""The answer of one organisation to one decision."""

ScheduleId = NewType("ScheduleId", str)
"""A prepared conference with the rule of its dates."""
OccurrenceId = NewType("OccurrenceId", str)
"""One date of a schedule: the schedule's id, a full stop and the date."""
SituationReportId = NewType("SituationReportId", str)
"""The report of one organisation to one meeting."""

MessageId = NewType("MessageId", str)
"""One text or status over the radio, in all its parts."""

OutboxId = NewType("OutboxId", str)
"""One message by SMS or e-mail. Its e-mail's Message-ID and the address of its receipt hold it."""

LinkId = NewType("LinkId", str)
"""Ten characters of base32, in small letters. It is no secret."""

EvaluationId = NewType("EvaluationId", str)
AlarmId = NewType("AlarmId", str)
MailingId = NewType("MailingId", str)
"""Made of its cause: `schedule/kind/date/sequence`, or `kind/subject`."""

TerminalName = NewType("TerminalName", str)
"""A radio terminal, as named in its `[[terminal]]` table."""

TrunkName = NewType("TrunkName", str)

Gssi = NewType("Gssi", int)
"""Group short subscriber identity, 1…16 777 215 (ETSI EN 300 392-1)."""

Issi = NewType("Issi", int)
"""Individual short subscriber identity, 1…16 777 215 (ETSI EN 300 392-1)."""

PREFIXES: Final = {
    "channel": "leg",
    "mix": "mix",
    "playback": "ply",
    "conference": "cnf",
    "participant": "prt",
    "leg": "lin",
    "activation": "act",
    "target": "tgt",
    "patch": "pat",
    "recording": "rec",
    "sds": "sds",
    "outbox": "out",
    "roll_call": "rol",
    "roll_entry": "ren",
    "decision": "dec",
    "acknowledgement": "ack",
    "schedule": "sch",
    "occurrence": "occ",
    "alarm": "alm",
}
"""The kind prefix of every id we mint; leftovers in Asterisk are known as ours by it after a crash."""

ID_LENGTH: Final = 30
