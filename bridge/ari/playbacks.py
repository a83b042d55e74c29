"""Playing to one channel, once: Asterisk plays the same playback id again when it is asked again."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from bridge.ari.client import AriClient
from bridge.ari.errors import AriNotFound, AriUnavailable
from bridge.domain.kernel.ids import ChannelId, PlaybackId

_KEPT: Final = 10_000


class Playbacks:
    """Remembers the latest playbacks that were asked for."""

    def __init__(self, client: AriClient) -> None:
        self._client = client
        self._certain: OrderedDict[PlaybackId, bool] = OrderedDict()
        """Whether Asterisk has said that it accepted it."""

    async def play(self, channel: ChannelId, playback: PlaybackId, media: Sequence[str], lang: str) -> None:
        certain = self._certain.get(playback)
        if certain or (certain is False and await self._exists(playback)):
            return
        try:
            await self._client.play(channel, playback, media, lang)
        except AriUnavailable:
            self._remember(playback, certain=False)
            raise
        self._remember(playback, certain=True)

    async def stop(self, playback: PlaybackId) -> None:
        """One that has ended is no error."""
        try:
            await self._client.stop_playback(playback)
        except AriNotFound:
            return

    async def _exists(self, playback: PlaybackId) -> bool:
        try:
            await self._client.playback(playback)
        except AriNotFound:
            return False
        return True

    def _remember(self, playback: PlaybackId, *, certain: bool) -> None:
        self._certain[playback] = certain
        while len(self._certain) > _KEPT:
            self._certain.popitem(last=False)
