"""Links are kept until they expire. Overflow: with `MOST` of them the one that expires first goes."""

from dataclasses import replace
from typing import Final

from bridge.domain.kernel.ids import LinkId
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.step import Step
from bridge.domain.links.commands import CountWrongCode, MarkUsed
from bridge.domain.links.reasons import LinkReason
from bridge.domain.links.records import LINKS, MOST_WRONG, Link
from bridge.domain.links.timers import LinkTimer

MOST: Final = 5000
NO_LINK: Final = Refused("not_found", LinkReason.GONE())


def put(step: Step, link: Link) -> None:
    """The same id again is the same link, and keeps what was counted."""
    known = step.node[LINKS].get(link.id)
    if known is None and len(step.node[LINKS]) >= MOST:
        _end(step, min(step.node[LINKS].values(), key=lambda one: (one.expires_at_s, one.id)))
    if known is not None:
        link = replace(known, expires_at_s=link.expires_at_s, subject=link.subject)
    step.put(link)
    _wait(step, link)


def wrong(step: Step, actor: str, command: CountWrongCode) -> None:
    link = step.node[LINKS].get(command.link)
    if link is None:
        step.reply = NO_LINK
        return
    step.put(replace(link, wrong=link.wrong + 1))
    if link.wrong + 1 >= MOST_WRONG:
        step.audit(actor, "link.lock", link.id, wrong=link.wrong + 1)
    step.reply = Done(link.id)


def used(step: Step, _: str, command: MarkUsed) -> None:
    link = step.node[LINKS].get(command.link)
    if link is None:
        step.reply = NO_LINK
        return
    step.put(replace(link, used_at_s=step.at_s))
    step.reply = Done(link.id)


def expired(step: Step, subject: str) -> None:
    link = step.node[LINKS].get(LinkId(subject))
    if link is None:
        return
    if link.expires_at_s > step.at_s:
        _wait(step, link)
    else:
        _end(step, link)


def at_start(step: Step) -> None:
    for link in list(step.node[LINKS].values()):
        _wait(step, link)


def _wait(step: Step, link: Link) -> None:
    step.start_timer(LinkTimer.LINK_EXPIRES, link.id, max(link.expires_at_s - step.at_s, 0.01))


def _end(step: Step, link: Link) -> None:
    ended = replace(link, ended_at_s=step.at_s)
    step.put(ended)
    step.forget(ended)
    step.stop_timer(LinkTimer.LINK_EXPIRES, link.id)
