"""The question that Asterisk itself puts to a person whom we called (`samband-out` in the dialplan)."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from bridge.ari import model, names
from bridge.ari.errors import AriNotFound, AriUnavailable
from bridge.ari.expected_events import ExpectedEvents
from bridge.ari.tapes import Act
from bridge.domain.kernel.ids import ChannelId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.telephony.effects import SpokenQuestion

_FETCH_S: Final = 3.0

Ready = Callable[[Sequence[Prompt], Language], Awaitable[Sequence[Prompt]]]


class Asked:
    """Tells Asterisk the question, and takes a line out of it before it has been answered.

    Args:
        act: Does one action of the manager interface. ARI commands no channel that is in the dialplan.
        waits: Where the line's coming in is waited for.
        ready: Gives those of the prompts that can be played.
        is_asked: Whether Asterisk puts its question to a channel now.
    """

    def __init__(self, act: Act, waits: ExpectedEvents, ready: Ready, is_asked: Callable[[ChannelId], bool]) -> None:
        self._act = act
        self._waits = waits
        self._ready = ready
        self._is_asked = is_asked

    async def variables(self, question: SpokenQuestion) -> Mapping[str, str]:
        """The channel variables with which the dialplan asks."""
        return {
            names.ASKS: await self._files(question.said, question.language),
            names.ASKS_AGAIN: await self._files(question.again, question.language),
            names.ASKS_WAIT_S: str(math.ceil(question.wait_s)),
            names.ASKS_REPEATS: str(question.repeats),
            names.ASKS_MINUTES: await self._files(question.minutes, question.language),
            names.ASKS_WHO: await self._files(question.who, question.language),
            names.ASKS_CHOICES: str(question.choices),
            **{names.RECEIPT + key: await self._files(said, question.language) for key, said in question.receipts},
            names.LANGUAGE: question.language.value,
        }

    async def _files(self, prompts: Sequence[Prompt], language: Language) -> str:
        ready = await self._ready(prompts, language)
        return "&".join(names.sound(one).removeprefix("sound:") for one in ready)

    async def fetch(self, channel: ChannelId) -> None:
        """Have the line come into our application with no more questions; it may be there already.

        Raises:
            PortError: It is gone, or Asterisk does not bring it.
        """
        if not self._is_asked(channel):
            return
        with self._waits.expect(model.StasisStart, channel) as started:
            answer = await self._act(
                "Redirect", Channel=channel, Context=names.OUTBOUND_CONTEXT, Exten=names.FETCH, Priority="1"
            )
            if answer.get("Response") != "Success":
                raise AriNotFound(f"redirect of {channel}", 0, answer.get("Message", ""))
            try:
                await asyncio.wait_for(asyncio.shield(started), _FETCH_S)
            except TimeoutError as error:
                raise AriUnavailable(f"redirect of {channel}", 0, "the line did not come") from error
