"""The microphones. Asterisk reports no mute, so the state here is the only truth, and is asserted anew after a
reconcile.

The order of hooks on a channel decides: TALK_DETECT first, then the volume hook as the microphone's switch. So a muted
person who talks is still noticed; behind ARI's own mute nobody is.
"""

from collections.abc import Iterable
from typing import Final

from bridge.ari.client import AriClient
from bridge.domain.kernel.ids import ChannelId

_TALK_DETECT: Final = "TALK_DETECT(set)"
_SILENCE_MS: Final = 700
"""So long a silence ends a talk spurt: longer than the pauses inside a sentence."""
_ENERGY: Final = 256
"""Mean absolute sample of a 20 ms frame, 0…32767, above which it is speech (about -42 dBFS); Asterisk's own default."""
_VOLUME: Final = "VOLUME(RX)"
_SILENT: Final = "-32768"
"""A negative value divides: no 16-bit sample is left."""
_UNCHANGED: Final = "1"


class Microphones:
    """Sets the hooks, each once, in order."""

    def __init__(self, client: AriClient) -> None:
        self._client = client
        self._listening: set[ChannelId] = set()
        self._switched: set[ChannelId] = set()
        """Channels that may have a volume hook."""

    async def prepare(self, channel: ChannelId, *, heard: bool) -> None:
        """For a channel on its way into a mix. One that is to be heard and was never closed gets no volume hook."""
        if channel not in self._listening:
            await self._client.set_variable(channel, _TALK_DETECT, f"{_SILENCE_MS},{_ENERGY}")
            self._listening.add(channel)
        if not heard or channel in self._switched:
            await self.switch(channel, heard=heard)

    async def switch(self, channel: ChannelId, *, heard: bool) -> None:
        self._switched.add(channel)
        await self._client.set_variable(channel, _VOLUME, _UNCHANGED if heard else _SILENT)

    def adopt(self, channels: Iterable[ChannelId]) -> None:
        """Channels found at a reconcile: what was set on them is not known."""
        found = set(channels)
        self._listening &= found
        self._switched = found

    def forget(self, channel: ChannelId) -> None:
        self._listening.discard(channel)
        self._switched.discard(channel)
