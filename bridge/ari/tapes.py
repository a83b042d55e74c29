"""The voice of one telephone in a file: Asterisk's MixMonitor, which ARI cannot order.

It costs no channel: it listens to one that is there. Silence stands in its file where the telephone sends nothing. It
takes the sound before our switch of the microphone. So a file is written only while they are heard.

Every stretch is a file of its own, `<recording>.wav` and then `<recording>.1.wav`. `<recording>.json` beside them says
when each began and ended: `{"parts": [{"file": …, "began_at_s": …, "ended_at_s": …}]}`, wall time. A part has no
`ended_at_s` while it runs, and where it ended with its telephone or with Asterisk.
"""

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import structlog

from bridge.ari.reasons import AsteriskReason
from bridge.domain.kernel.events import Fate
from bridge.domain.kernel.ids import ChannelId, RecordingId
from bridge.ports import Clock, PortError

log = structlog.get_logger(__name__)

_MOST: Final = 8
"""So many recordings of one channel are ended in a row. We never begin more than one."""
_NO_SUCH: Final = "No such channel"
_NOTHING_RUNS: Final = (_NO_SUCH, "Could not stop monitoring channel")
"""Asterisk's answers where nothing of a channel is recorded (any more)."""


class Act(Protocol):
    """One action of the manager interface, and the headers of its answer."""

    async def __call__(self, action: str, **fields: str) -> Mapping[str, str]: ...


async def no_manager(action: str, **fields: str) -> Mapping[str, str]:
    """Where no manager interface is used.

    Raises:
        PortError: Always.
    """
    raise PortError("asterisk manager", AsteriskReason.MANAGER_NOT_CONNECTED(), retry=False)


class Tapes:
    """Begins and ends parts. Nothing is remembered here that a restart would lose but which part of a channel runs.

    Args:
        act: Does one action of the manager interface.
        folder: Asterisk's `monitor` folder, to which the names of files are relative.
    """

    def __init__(self, act: Act, folder: Path, clock: Clock) -> None:
        self._act = act
        self._folder = folder
        self._clock = clock
        self._running: dict[ChannelId, tuple[RecordingId, str]] = {}

    async def start(self, channel: ChannelId, recording: RecordingId) -> None:
        """Begin a part. One that runs on this channel ends.

        Raises:
            PortError: It could not be begun; `Fate.GONE`: the channel is not there.
        """
        await self.stop(channel, recording)
        file = await asyncio.to_thread(_next_part, self._folder, recording)
        answer = await self._act("MixMonitor", Channel=channel, File="", Options=f"r({file})S")
        began_at_s = self._clock.now_s()
        if answer.get("Response") != "Success":
            message = answer.get("Message", "")
            is_gone = message == _NO_SUCH
            reason = AsteriskReason.RECORDING_FAILED()
            fate = Fate.GONE if is_gone else Fate.REFUSED
            raise PortError("asterisk", reason, retry=not is_gone, evidence=message, fate=fate)
        self._running[channel] = recording, file
        await asyncio.to_thread(_add_part, self._folder, recording, file, began_at_s)

    async def stop(self, channel: ChannelId, recording: RecordingId) -> None:
        """Nothing of this channel is recorded when it returns: not what an earlier controller began either.

        Raises:
            PortError: It is not known.
        """
        ended_at_s = self._clock.now_s()
        message = ""
        for _ in range(_MOST):
            answer = await self._act("StopMixMonitor", Channel=channel)
            if answer.get("Response") != "Success":
                message = answer.get("Message", "")
                break
        if message not in _NOTHING_RUNS:
            reason = AsteriskReason.RECORDING_FAILED()
            raise PortError("asterisk", reason, retry=True, evidence=message or "a recording does not end")
        running = self._running.pop(channel, None)
        if running is not None:
            await asyncio.to_thread(_end_part, self._folder, *running, ended_at_s)

    def forget(self, channel: ChannelId) -> None:
        """The channel has ended, and its part with it."""
        self._running.pop(channel, None)


def _next_part(folder: Path, recording: RecordingId) -> str:
    """The name of a file that does not exist yet."""
    name, number = f"{recording}.wav", 0
    while (folder / name).exists():
        number += 1
        name = f"{recording}.{number}.wav"
    return name


def _add_part(folder: Path, recording: RecordingId, file: str, began_at_s: float) -> None:
    parts = _read(folder, recording)
    _write(folder, recording, [*parts, {"file": file, "began_at_s": began_at_s}])


def _end_part(folder: Path, recording: RecordingId, file: str, ended_at_s: float) -> None:
    parts = _read(folder, recording)
    _write(folder, recording, [{**one, "ended_at_s": ended_at_s} if one.get("file") == file else one for one in parts])


def _read(folder: Path, recording: RecordingId) -> list[dict[str, Any]]:
    try:
        parts = json.loads((folder / f"{recording}.json").read_bytes())["parts"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [one for one in parts if isinstance(one, dict)] if isinstance(parts, list) else []


def _write(folder: Path, recording: RecordingId, parts: list[dict[str, Any]]) -> None:
    """Whole or not at all. A list that cannot be written costs the parts their times, and is told in the log."""
    place = folder / f"{recording}.json"
    partial = place.with_name(f".{place.name}")
    try:
        with partial.open("w", encoding="utf-8") as out:
            json.dump({"parts": parts}, out)
            out.flush()
            os.fsync(out.fileno())
        partial.replace(place)
    except OSError as error:
        log.error("tape_not_noted", recording=recording, reason=str(error))
