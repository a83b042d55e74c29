"""Placing a call: what may be dialled, when its trunk may take it, and what a second asking means."""

import math
import re
from collections.abc import Mapping
from typing import Final

import structlog

from bridge.ari import names
from bridge.ari.client import AriClient
from bridge.ari.errors import AriConflict, AriError
from bridge.ari.gate import TrunkGate
from bridge.ari.reasons import AsteriskReason
from bridge.domain.kernel.ids import ChannelId, TrunkName
from bridge.ports import PortError

log = structlog.get_logger(__name__)

_DIALLABLE: Final = re.compile(r"\+?[0-9]{2,15}", re.ASCII)
_TRUNK: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}", re.ASCII)


class Dialler:
    """Calls by the trunks, each at its pace."""

    def __init__(self, client: AriClient, gate: TrunkGate) -> None:
        self._client = client
        self._gate = gate

    async def dial(
        self,
        channel: ChannelId,
        trunk: TrunkName,
        number: str,
        caller_id: str,
        ring_s: float,
        question: Mapping[str, str] | None = None,
    ) -> None:
        """See `bridge.ports.Telephony.dial`. Waits for the trunk's turn; the same channel again is the same call.

        Args:
            question: The channel variables with which Asterisk asks whoever answers (`names.ASKS`).
        """
        if not (_DIALLABLE.fullmatch(number) and _TRUNK.fullmatch(trunk)):
            raise PortError("asterisk", AsteriskReason.NUMBER_NOT_DIALLABLE(), retry=False)
        if caller_id and not _DIALLABLE.fullmatch(caller_id):
            raise PortError("asterisk", AsteriskReason.CALLER_ID_SHAPE(), retry=False)
        await self._gate.turn(trunk, channel)
        try:
            await self._client.originate(
                channel,
                endpoint=f"PJSIP/{number}@trunk-{trunk}",
                context=names.OUTBOUND_CONTEXT,
                caller_id=caller_id,
                timeout_s=max(1, math.ceil(ring_s)),
                variables=question,
            )
        except AriConflict:
            log.info("call_already_placed", channel=channel)
            self._gate.is_there(channel)
        except AriError as error:
            self._gate.refused(channel, error)
            raise
