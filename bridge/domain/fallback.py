"""Telephony is lost: meetings that have a talkgroup go on in it, with us as recorder and announcer; and the way back.

::

    telephony ──down for `fallback_s`──▶ by radio alone: told on the air, tracks run ──up──▶ told on the air

Calls live in Asterisk and may go on while only we have lost sight of them; so nothing of the meeting is taken down.
"""

from dataclasses import replace

from bridge.domain import patching, prompts, radiolink
from bridge.domain.effects import SayOnAir
from bridge.domain.events import TimerKind
from bridge.domain.model import Conference, ConferenceState, NoteKind, Patch, PatchState
from bridge.domain.turn import Turn

SUBJECT = "telephony"
"""The timer is the node's own."""


def telephony_down(turn: Turn) -> None:
    if turn.node.policy.radio.fallback_s:
        turn.start_timer(TimerKind.RADIO_ONLY, SUBJECT, turn.node.policy.radio.fallback_s)


def due(turn: Turn) -> None:
    """Still down. Looked at again and again, for conferences and talkgroups that are added meanwhile."""
    if turn.node.telephony_up:
        return
    for conference in list(turn.node.conferences.values()):
        patches = _reachable(turn, conference)
        if patches and conference.state is not ConferenceState.ENDED and conference.radio_only_since_s is None:
            _begin(turn, conference, patches)
    telephony_down(turn)


def _begin(turn: Turn, conference: Conference, patches: list[Patch]) -> None:
    turn.put(replace(conference, radio_only_since_s=turn.at_s))
    turn.note(conference.id, NoteKind.RADIO_ONLY_STARTED)
    turn.audit("samband", "conference.radio_only", conference.id, reason=turn.node.telephony_reason)
    for patch in patches:
        if patch.id not in turn.node.paths:
            patching.open_path(turn, patch)
        turn.do(SayOnAir(patch.id, (prompts.AIR_RADIO_ONLY,), conference.language))


def telephony_up(turn: Turn) -> None:
    turn.stop_timer(TimerKind.RADIO_ONLY, SUBJECT)
    for conference in list(turn.node.conferences.values()):
        if conference.radio_only_since_s is None:
            continue
        turn.put(replace(conference, radio_only_since_s=None))
        after_s = round(turn.at_s - conference.radio_only_since_s, 1)
        turn.note(conference.id, NoteKind.RADIO_ONLY_ENDED, after_s=after_s)
        for patch in _reachable(turn, conference):
            turn.do(SayOnAir(patch.id, (prompts.AIR_TELEPHONY_BACK,), conference.language))
        radiolink.tell_telephones(turn, conference.id, prompts.RADIO_PATCHED)


def _reachable(turn: Turn, conference: Conference) -> list[Patch]:
    gone = (PatchState.ASKED, PatchState.OFFLINE)
    return [one for one in turn.patches_of(conference.id) if not one.closing and one.state not in gone]
