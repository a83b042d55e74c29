"""The names of everything Samband says or beeps. Each room declares its own in its `prompts`.

A prompt is a path without language and suffix: `entry/welcome`, `number/17`, `tone/permit`. The words and sounds are in
`asterisk-config/prompts/`.
"""

from enum import StrEnum
from types import ModuleType
from typing import Final, NewType

Prompt = NewType("Prompt", str)


class Manner(StrEnum):
    """How much a whisper matters to the person who hears it."""

    SAID = "said"
    """It waits for its turn."""
    VITAL = "vital"
    """It is never dropped for others."""
    COURTESY = "courtesy"
    """It is worth nothing late: dropped when it cannot be said soon."""
    READ_OUT = "read_out"
    """A long text, which the listener's next key ends. It takes the place of the one before; without words it only
    ends that one."""


HIGHEST_NUMBER: Final = 199
LONGEST_SPOKEN: Final = 80
_SPOKEN: Final = "spoken/"
_RECORDED: Final = "recorded/"
_CLIP: Final = "clip/"


def number(value: int) -> Prompt:
    """The prompt that speaks a count; above the highest rendered number it says that one ("199" for more)."""
    return Prompt(f"number/{max(0, min(value, HIGHEST_NUMBER))}")


def spoken(text: str) -> Prompt:
    """A name said aloud: of a function, an organisation, a conference. At most `LONGEST_SPOKEN` characters are said."""
    words = "".join(sign if sign.isprintable() else " " for sign in text).split()
    return Prompt(_SPOKEN + " ".join(words)[:LONGEST_SPOKEN])


def spoken_text(prompt: Prompt) -> str | None:
    """The words given to `spoken`, freed of characters that cannot be said; `None` for every other prompt."""
    return prompt.removeprefix(_SPOKEN) if prompt.startswith(_SPOKEN) else None


def recorded(recording: str) -> Prompt:
    """A name as its owner said it at the door, by the id of its recording."""
    return Prompt(_RECORDED + recording)


def recording_of(prompt: Prompt) -> str | None:
    """The id given to `recorded`; `None` for every other prompt."""
    return prompt.removeprefix(_RECORDED) if prompt.startswith(_RECORDED) else None


def clip(recording: str, from_s: float, to_s: float) -> Prompt:
    """A stretch of a recording, also of one under way, in seconds from its beginning. It is left out where there is no
    sound of it, so that words must say the same."""
    return Prompt(f"{_CLIP}{recording}/{round(from_s * 1000)}/{round(to_s * 1000)}")


def clip_of(prompt: Prompt) -> tuple[str, int, int] | None:
    """The recording given to `clip`, and the stretch in milliseconds; `None` for every other prompt."""
    if not prompt.startswith(_CLIP):
        return None
    recording, from_ms, to_ms = prompt.removeprefix(_CLIP).rsplit("/", 2)
    return recording, int(from_ms), int(to_ms)


def declared_in(room: ModuleType) -> tuple[Prompt, ...]:
    """Every prompt that a room's `prompts` module declares."""
    return tuple(
        Prompt(value) for key, value in vars(room).items() if key.isupper() and isinstance(value, str) and "/" in value
    )
