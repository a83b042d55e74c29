"""Each mailing is written once. Its messages come into the outbox in one commit with the record that says so.

The record is committed before anything is read for it. A controller that was killed in between finds it WRITING,
and orders it again. The messages of before were never committed. With the commit of the messages it is QUEUED, and
forgotten here. An answer about one that is not being written changes nothing.

Overflow: with `MOST` being written another one is kept as failed. The outbox has its own bound.
"""

from dataclasses import replace
from typing import Final

from bridge.domain.kernel import again
from bridge.domain.kernel.ids import MailingId
from bridge.domain.kernel.principal import SYSTEM
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.step import Step
from bridge.domain.links import keeping as links
from bridge.domain.mailings.effects import WriteMailing
from bridge.domain.mailings.events import MailingWritten
from bridge.domain.mailings.reasons import MailingReason
from bridge.domain.mailings.records import MAILINGS, Mailing, MailingState
from bridge.domain.outbox import desk as outbox
from bridge.domain.outbox.records import OUTBOX

ACTOR: Final = SYSTEM.name
MOST: Final = 2000
"""Mailings that are being written. Each schedule may have one for each of its dates."""
AGAIN_S: Final = 30.0
"""A directory that cannot be read is asked again within so long."""


def begin(step: Step, mailing: Mailing) -> None:
    """It takes the place of those of the same kind and subject that have not gone out."""
    supersede(step, mailing)
    if len(step.node[MAILINGS]) >= MOST:
        not_written(step, mailing, MailingReason.TOO_MANY(most=MOST))
        return
    step.put(mailing)
    step.do(WriteMailing(mailing))


def supersede(step: Step, newer: Mailing) -> None:
    """The reader gets the newest, and no older one after it. One that is being sent may still arrive."""
    for one in list(step.node[MAILINGS].values()):
        if _is_before(one, newer):
            _end(step, replace(one, state=MailingState.SUPERSEDED))
    if newer.schedule is None:
        return
    series = f"{newer.schedule}/{newer.kind.value}/"
    for message in list(step.node[OUTBOX].values()):
        is_older = message.mailing is not None and message.mailing.startswith(series)
        if is_older and (newer.on is None or message.mailing_on == newer.on):
            outbox.not_needed(step, message, MailingReason.SUPERSEDED())


def _is_before(one: Mailing, newer: Mailing) -> bool:
    if one.schedule is None or (one.kind.value, one.schedule) != (newer.kind.value, newer.schedule):
        return False
    return (newer.on is None or one.on == newer.on) and one.sequence < newer.sequence


def written(step: Step, event: MailingWritten) -> None:
    """Put its messages into the outbox, in one commit with the record that says so."""
    mailing = step.node[MAILINGS].get(event.mailing)
    if mailing is None:
        return
    fresh = [one for one in event.written.messages if one.id not in step.node[OUTBOX]]
    for link in event.written.links:
        links.put(step, link)
    for message in fresh:
        outbox.put(step, ACTOR, message)
    queued = replace(
        mailing,
        state=MailingState.QUEUED,
        messages=len(fresh),
        without_address=event.written.without_address,
        reason=None,
    )
    _end(step, queued)
    step.audit(ACTOR, "mailing.queue", mailing.id, kind=mailing.kind.value, messages=len(fresh))


def failed(step: Step, effect: WriteMailing, reason: Reason, now_s: float) -> None:
    """Asked again as long as it is of use.

    Args:
        effect: The order that failed.
        reason: The fault of the directory.
        now_s: Wall time.
    """
    mailing = renewed(step, effect)
    if mailing is None:
        return
    if mailing.mailing.until_s is not None and now_s > mailing.mailing.until_s:
        not_written(step, mailing.mailing, MailingReason.TOO_LATE())
        return
    step.put(replace(mailing.mailing, reason=reason))
    again.plan(step, effect, longest_s=AGAIN_S)


def renewed(step: Step, effect: WriteMailing) -> WriteMailing | None:
    """The order as it is wanted now; `None` when it is not."""
    mailing = step.node[MAILINGS].get(MailingId(effect.subject))
    return WriteMailing(mailing) if mailing is not None else None


def not_written(step: Step, mailing: Mailing, reason: Reason) -> None:
    """It is kept with the reason: somebody may ask why nothing came."""
    _end(step, replace(mailing, state=MailingState.FAILED, reason=reason))
    step.audit(ACTOR, "mailing.fail", mailing.id, kind=mailing.kind.value, reason=reason)


def at_start(step: Step) -> None:
    """The program has come up. Those that were being written are ordered again."""
    for one in step.node[MAILINGS].values():
        step.do(WriteMailing(one))


def _end(step: Step, mailing: Mailing) -> None:
    ended = replace(mailing, ended_at_s=step.at_s)
    step.put(ended)
    step.forget(ended)
    again.forget_subject(step, mailing.id)
