"""Signed heads leave by mail, and whether there is time for work that nobody waits for."""

from bridge.domain.conference.records import CONFERENCES, ConferenceState
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.principal import SYSTEM
from bridge.domain.outbox.records import Bearer
from bridge.domain.proof.heads import SignedHead
from bridge.ports import PortError
from bridge.proof.anchors import AnchorError
from bridge.service import Refusal, Service
from bridge.service.outbox import FreeMessage
from bridge.words import word


async def mailed_head(service: Service, to: str, head: SignedHead, line: str) -> None:
    """Put a signed head into the outbox. It is kept when this returns, and sent as soon as the mail has room.

    Raises:
        AnchorError: The outbox does not take it.
    """
    language = Language.SV
    heading = word(language, "proof", "mail_heading", sequence=head.sequence)
    text = word(language, "proof", "mail", number=head.number) + "\n\n" + line
    try:
        await service.outbox.send(SYSTEM, FreeMessage(Bearer.MAIL, to, text, heading, language))
    except (Refusal, PortError) as error:
        raise AnchorError(str(error.reason)) from error


def meets(node: Node) -> bool:
    """Whether somebody is in a meeting: then work that nobody waits for rests."""
    return any(one.state is ConferenceState.ACTIVE for one in node[CONFERENCES].values())
