"""Names said aloud. Text that no prompt holds is spoken when it is first needed, and kept as a sound file."""

import asyncio
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

import structlog

from bridge.ari.install import AsteriskTree
from bridge.ari.prompts import PromptError, Voice, levelled, speak, trimmed, write_wav
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import Prompt, spoken_text

log = structlog.get_logger(__name__)

MOST_KEPT: Final = 2000
"""Sounds of names in one language. Overflow: those that were made first are removed."""
_FOLDER: Final = "spoken"


class SpokenNames:
    """Makes the sound of every `spoken/…` prompt before it is played; a name that cannot be spoken is left out."""

    def __init__(self, tree: AsteriskTree, voices: Mapping[Language, Voice], sounds: Path) -> None:
        """`sounds`: Asterisk's sounds, `<language>/samband/<prompt>.wav` below it."""
        self._tree = tree
        self._voices = voices
        self._sounds = sounds
        self._speaking = asyncio.Lock()

    async def ready(self, prompts: Sequence[Prompt], language: Language) -> list[Prompt]:
        """The prompts as there are files for them, in their order."""
        return [one for prompt in prompts if (one := await self._ready(prompt, language)) is not None]

    async def _ready(self, prompt: Prompt, language: Language) -> Prompt | None:
        text = spoken_text(prompt)
        if text is None:
            return prompt
        voice = self._voices[language]
        name = sha256(f"{voice}|{text}".encode()).hexdigest()[:24]
        path = self._sounds / language / "samband" / _FOLDER / f"{name}.wav"
        async with self._speaking:  # one at a time: speech in the meeting goes first
            try:
                await asyncio.to_thread(self._make, path, voice, text)
            except (PromptError, OSError) as error:
                log.warning("name_not_spoken", language=language.value, reason=str(error))
                return None
        return Prompt(f"{_FOLDER}/{name}")

    def _make(self, path: Path, voice: Voice, text: str) -> None:
        if path.is_file():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = sorted(path.parent.glob("*.wav"), key=lambda one: one.stat().st_mtime)
        for oldest in kept[: max(0, len(kept) + 1 - MOST_KEPT)]:
            oldest.unlink(missing_ok=True)
        write_wav(path, levelled(trimmed(speak(self._tree, voice, text, "a name"))))
