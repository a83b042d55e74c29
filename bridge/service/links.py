"""Links in messages: one thing each, for somebody without an account. To open a link does nothing."""

from base64 import b32encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from bridge.domain.access.permissions import Act
from bridge.domain.callout.records import ACTIVATIONS, TARGETS, ActivationState
from bridge.domain.callout.written_answers import Written
from bridge.domain.evaluation.commands import GiveEvaluation
from bridge.domain.joint.commands import AnswerByLink
from bridge.domain.kernel.ids import EvaluationId, LinkId
from bridge.domain.kernel.principal import AccessRole, Principal, PrincipalKind
from bridge.domain.links.commands import CountWrongCode, MarkUsed
from bridge.domain.links.reasons import LinkReason
from bridge.domain.links.records import LINKS, MOST_WRONG, Link, LinkKind
from bridge.domain.outbox.marks import LINK_DIGITS, token_mark
from bridge.domain.situation.records import SituationReport
from bridge.service.refusal import Refusal
from bridge.service.situation import SituationReports
from bridge.service.use_case import Ports, UseCases, use_case

PATH: Final = "/l/"
"""Of the page of a link."""


class Links(UseCases):
    def __init__(self, ports: Ports, situation: SituationReports) -> None:
        super().__init__(ports)
        self._situation = situation

    @use_case(Act.LINK_USE)
    async def look(self, principal: Principal, link: LinkId) -> tuple[Link, SituationReport | None]:
        """The link, with the report that was sent by it. Nothing is changed.

        Raises:
            Refusal: It has expired, or its meeting or call-out is over.
        """
        found = self._find(link)
        if found.kind is not LinkKind.REPORT or found.meeting is None:
            return found, None
        return found, await self._situation.own_report(principal, found.meeting, found.organisation_id)

    @use_case(Act.LINK_USE)
    async def report(self, principal: Principal, link: LinkId, text: str, needs: str) -> None:
        """Send the report of the link's organisation to its meeting, in place of an earlier one.

        Raises:
            Refusal: The link is for something else, the meeting is over, or the report is empty or too long.
        """
        found = self._find(link)
        if found.kind is not LinkKind.REPORT or found.meeting is None:
            raise Refusal("not_found", LinkReason.GONE())
        await self._situation.give_by_link(principal, found.meeting, found.organisation_id, text, needs)
        await self._ask(principal, MarkUsed(link))

    @use_case(Act.LINK_USE)
    async def answer(self, principal: Principal, link: LinkId, written: Written | None, *, code_is_right: bool) -> None:
        """Answer the call-out for the link's function. It counts as the key does.

        Raises:
            Refusal: The code is wrong or was so too often, nothing was chosen, or the call-out is over.
        """
        found = self._find(link)
        if found.kind is not LinkKind.ANSWER:
            raise Refusal("not_found", LinkReason.GONE())
        if found.wrong >= MOST_WRONG:
            raise Refusal("conflict", LinkReason.LOCKED())
        if not code_is_right:
            await self._ask(principal, CountWrongCode(link))
            left = MOST_WRONG - found.wrong - 1
            raise Refusal("invalid", LinkReason.WRONG_CODE(left=left) if left else LinkReason.LOCKED(), field="code")
        if written is None:
            raise Refusal("invalid", LinkReason.NO_CHOICE(), field="answer")
        await self._ask(principal, AnswerByLink(link, written))

    @use_case(Act.LINK_USE)
    async def evaluate(self, principal: Principal, link: LinkId, ratings: Sequence[int], text: str) -> None:
        """Send the evaluation of the link's function, in place of an earlier one.

        Args:
            principal: The holder of the link.
            link: For an evaluation.
            ratings: 1…5 for each question; 0: not answered.
            text: Free words.

        Raises:
            Refusal: The link is for something else, or the evaluation is empty or too long.
        """
        found = self._find(link)
        if found.kind is not LinkKind.EVALUATION or found.conference is None:
            raise Refusal("not_found", LinkReason.GONE())
        key = EvaluationId(link)
        about = (found.conference, found.organisation, found.function, found.questions)
        await self._ask(principal, GiveEvaluation(key, *about, ratings=tuple(ratings), text=text))
        await self._ask(principal, MarkUsed(link))

    # --- inside ---

    def _find(self, link: LinkId) -> Link:
        node = self._ports.control.node()
        found = node[LINKS].get(link)
        if found is None or found.expires_at_s <= self._ports.clock.now_s():
            raise Refusal("not_found", LinkReason.GONE())
        if found.kind is LinkKind.ANSWER:
            activation = node[ACTIVATIONS].get(found.activation) if found.activation is not None else None
            is_open = activation is not None and activation.state is not ActivationState.CANCELLED
            if not is_open or found.target not in node[TARGETS]:
                raise Refusal("ended", LinkReason.OVER())
        return found


def holder_of(link: LinkId) -> Principal:
    """Somebody who has the message. Nothing more is known of them."""
    return Principal(f"link:{link}", f"link {link}", PrincipalKind.LINK, frozenset({AccessRole.LINK}))


def link_id(*of: str) -> LinkId:
    """The same for the same use, so that a message that is written again holds the same link."""
    digest = sha256("\n".join(of).encode()).digest()
    return LinkId(b32encode(digest).decode().lower()[:LINK_DIGITS])


def address(ports: Ports, link: LinkId) -> str:
    """As it stands in a message of the outbox. The bearer puts the secret in place of the mark."""
    return f"{ports.link_url}{PATH}{token_mark(link)}"
