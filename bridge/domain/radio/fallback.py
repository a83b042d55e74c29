"""Telephony is lost, and comes back. Meetings that have a talkgroup go on in it, with us as recorder and announcer.

::

    telephony ──down for `fallback_s`──▶ by radio alone: told on the air, tracks run ──up──▶ told on the air

Calls live in Asterisk and may go on while only we have lost sight of them. So nothing of the meeting is taken down.
"""

from dataclasses import replace

from bridge.domain.conference.records import CONFERENCES, Conference, ConferenceState
from bridge.domain.kernel.step import Step
from bridge.domain.radio import link, patches, patching, prompts
from bridge.domain.radio.effects import SayOnAir
from bridge.domain.radio.notes import RadioNote
from bridge.domain.radio.passing import PATHS
from bridge.domain.radio.policy import RadioPolicy
from bridge.domain.radio.records import Patch, PatchState
from bridge.domain.radio.timers import RadioTimer
from bridge.domain.telephony.state import TELEPHONY

SUBJECT = "telephony"
"""The timer is the node's own."""


def telephony_down(step: Step) -> None:
    if step.node.policy[RadioPolicy].fallback_s:
        step.start_timer(RadioTimer.RADIO_ONLY, SUBJECT, step.node.policy[RadioPolicy].fallback_s)


def due(step: Step) -> None:
    """Still down. Looked at again and again, for conferences and talkgroups that are added meanwhile."""
    if step.node[TELEPHONY].up:
        return
    for conference in list(step.node[CONFERENCES].values()):
        patches = _reachable(step, conference)
        if patches and conference.state is not ConferenceState.ENDED and conference.radio_only_since_s is None:
            _begin(step, conference, patches)
    telephony_down(step)


def _begin(step: Step, conference: Conference, patches: list[Patch]) -> None:
    step.put(replace(conference, radio_only_since_s=step.at_s))
    step.note(conference.id, RadioNote.RADIO_ONLY_STARTED)
    step.audit("samband", "conference.radio_only", conference.id, reason=step.node[TELEPHONY].reason)
    for patch in patches:
        if patch.id not in step.node[PATHS]:
            patching.open_path(step, patch)
        step.do(SayOnAir(patch.id, (prompts.AIR_RADIO_ONLY,), conference.language))


def telephony_up(step: Step) -> None:
    step.stop_timer(RadioTimer.RADIO_ONLY, SUBJECT)
    for conference in list(step.node[CONFERENCES].values()):
        if conference.radio_only_since_s is None:
            continue
        step.put(replace(conference, radio_only_since_s=None))
        after_s = round(step.at_s - conference.radio_only_since_s, 1)
        step.note(conference.id, RadioNote.RADIO_ONLY_ENDED, after_s=after_s)
        for patch in _reachable(step, conference):
            step.do(SayOnAir(patch.id, (prompts.AIR_TELEPHONY_BACK,), conference.language))
        link.tell_telephones(step, conference.id, prompts.RADIO_PATCHED)


def _reachable(step: Step, conference: Conference) -> list[Patch]:
    gone = (PatchState.PENDING_APPROVAL, PatchState.OFFLINE)
    return [one for one in patches.patches_of(step, conference.id) if not one.closing and one.state not in gone]
