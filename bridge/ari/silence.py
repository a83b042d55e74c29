"""Silence in a recording, ordered so that the same order twice is as once.

Asterisk takes "mute" for a toggle: muted twice, a recording has sound again. It minds only whether "unmute" is needed.
So this remembers what it has ordered. After a restart it does not know. Then the recording is paused, unmuted, muted,
and goes on: no sound is written meanwhile.
"""

from typing import Final

from bridge.ari.rest import AriRequests
from bridge.domain.kernel.ids import RecordingId


class Silence:
    """The running recordings, and whether silence goes into them."""

    def __init__(self, client: AriRequests) -> None:
        self._client: Final = client
        self._is_silent: dict[RecordingId, bool] = {}
        """As far as this program knows it for certain."""

    def begun(self, recording: RecordingId) -> None:
        """This program has begun it, so it has its sound."""
        self._is_silent[recording] = False

    def forget(self, recording: RecordingId) -> None:
        """It has ended."""
        self._is_silent.pop(recording, None)

    async def order(self, recording: RecordingId, *, silent: bool) -> None:
        """Silence in place of the sound, or the sound again.

        Raises:
            AriNotFound: It does not run.
            AriConflict: It has not begun yet.
            AriUnavailable: Nobody knows whether it was done; to ask again is safe.
        """
        known = self._is_silent.pop(recording, None)
        if known is silent:
            await self._client.live_recording(recording)
        elif not silent:
            await self._client.mute_recording(recording, muted=False)
            if known is None:
                await self._client.pause_recording(recording, paused=False)
        elif known is False:
            await self._client.mute_recording(recording, muted=True)
        else:
            await self._client.pause_recording(recording, paused=True)
            await self._client.mute_recording(recording, muted=False)
            await self._client.mute_recording(recording, muted=True)
            await self._client.pause_recording(recording, paused=False)
        self._is_silent[recording] = silent
