"""Notices as the program keeps them. Each notice that was asked for is reported as said once, whatever becomes of
it."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import structlog

from bridge.audio.frame import Samples
from bridge.domain.kernel.ids import PatchId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.radio.events import SaidOnAir
from bridge.media.notices import UnsayableError, read_notice
from bridge.ports import Clock, Emit

log = structlog.get_logger(__name__)


class Sayings:
    """Counts per path the notices that the worker has and has not reported as said.

    Args:
        emit: Gets a `SaidOnAir` for each notice.
    """

    def __init__(self, sounds: Path | None, clock: Clock, emit: Emit) -> None:
        self._sounds = sounds
        self._clock = clock
        self._emit = emit
        self._waiting: Counter[PatchId] = Counter()
        self.unsaid = 0
        """Notices that had no sound, or whose path or worker went, ever. Those that the worker itself drops because too
        many wait are in its log."""

    async def read(self, patch: PatchId, prompts: Sequence[Prompt], language: Language) -> Samples | None:
        """Their sound; nothing, logged, when there is none."""
        try:
            return await asyncio.to_thread(read_notice, self._sounds, tuple(prompts), language)
        except UnsayableError as error:
            log.error("notice_not_said", patch=patch, prompts=list(prompts), reason=str(error))
            return None

    def given(self, patch: PatchId) -> None:
        """The worker has one more."""
        self._waiting[patch] += 1

    def said(self, patch: PatchId) -> None:
        """One that the worker had is out, or dropped."""
        if self._waiting[patch]:
            self._waiting[patch] -= 1
            self._emit(SaidOnAir(self._clock.now_s(), patch))

    def not_said(self, patch: PatchId) -> None:
        """One could not even be given to the worker."""
        self.unsaid += 1
        self._emit(SaidOnAir(self._clock.now_s(), patch))

    def gone(self, patch: PatchId) -> None:
        """The path, or its worker, is gone with all that waited."""
        for _ in range(self._waiting.pop(patch, 0)):
            self.not_said(patch)
