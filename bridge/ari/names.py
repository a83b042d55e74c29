"""The names of our objects in Asterisk. Each tells what the object is, even to a controller that did not make it.

Ids have one length, since Asterisk matches channel ids by prefix. Helpers' ids derive from what they belong to.
"""

from typing import Final

from bridge.domain.kernel.ids import ID_LENGTH, PREFIXES, ChannelId, MixId
from bridge.domain.kernel.phrases import Prompt, recording_of

APP: Final = "samband"
INBOUND: Final = "inbound"
RESCUED: Final = "rescued"
FETCHED: Final = "fetched"
"""A call of ours that was taken out of Asterisk's question."""
OUTBOUND: Final = "outbound"
OUTBOUND_CONTEXT: Final = "samband-out"
"""Where the dialplan takes a call of ours that is answered."""
FETCH: Final = "fetched"
"""The extension there that brings it to us without any more questions."""
ANNOUNCER_MOUTH: Final = "announcer-mouth"
"""First argument of the announcer leg's end that is in the mix (`;1`). The dialplan gives the other's."""
WHISPER: Final = "whisper"
FULL: Final = "samband-full"
"""The dialplan's event of a caller for whom the trunk has no room."""
KEY: Final = "SAMBAND_KEY"
"""Channel variable, shown with every channel: the key that Asterisk has taken from the person called."""
ASKS: Final = "SAMBAND_ASKS"
"""Channel variable: the sound files of the whole question, joined by `&`."""
ASKS_AGAIN: Final = "SAMBAND_AGAIN"
"""Channel variable: what is said after it until a key is pressed."""
ASKS_WAIT_S: Final = "SAMBAND_WAIT_S"
"""Channel variable: how long a key is waited for, in whole seconds."""
ASKS_REPEATS: Final = "SAMBAND_REPEATS"
"""Channel variable: how many times a 0 has the whole question said again, with as long to answer."""
ASKS_MINUTES: Final = "SAMBAND_MINUTES"
"""Channel variable: the sound files with which a 2 is followed up, in how many minutes; empty: it is not."""
ASKS_WHO: Final = "SAMBAND_WHO"
"""Channel variable: the sound files with which a 1 is followed up, who answers; empty: it is not."""
ASKS_CHOICES: Final = "SAMBAND_CHOICES"
"""Channel variable: the last of the keys that answer it, the first being 1."""
RECEIPT: Final = "SAMBAND_RECEIPT_"
"""Channel variable, with a key after it: the sound files of its receipt. Asterisk gives it where no controller
is there."""
LATER: Final = "samband-later"
"""The dialplan's event of a called person who has pressed 2, and is asked for the minutes."""
LANGUAGE: Final = "SAMBAND_LANGUAGE"
"""Channel variable: the language that Asterisk speaks to the person called."""

_SNOOP: Final = "snp-"
_TEST: Final = "tst-"
_MOUTH: Final = "ann-"
_SPEAKER: Final = "ans-"
_LEG: Final = f"{PREFIXES['channel']}-"
_MIX: Final = f"{PREFIXES['mix']}-"
_PLAYBACK: Final = f"{PREFIXES['playback']}-"
_RECORDING: Final = f"{PREFIXES['recording']}-"
_HELPER_TECHNOLOGIES: Final = ("Snoop/", "UnicastRTP/", "Recorder/", "Announcer/")


def announcer_mouth(mix: MixId) -> str:
    return _MOUTH + mix[4:]


def announcer_speaker(mix: MixId) -> str:
    return _SPEAKER + mix[4:]


def announced_mix(channel: str) -> MixId | None:
    """The mix that an announcer's channel belongs to."""
    return MixId(_MIX + channel[4:]) if channel.startswith((_MOUTH, _SPEAKER)) else None


def snoop(minted: str) -> str:
    """A whisper channel's id, from a freshly minted one."""
    return _SNOOP + minted[4:]


def is_snoop(channel: str) -> bool:
    return channel.startswith(_SNOOP)


def test(minted: str) -> str:
    """The id of a call that tries out a trunk, from a freshly minted one."""
    return _TEST + minted[4:]


def is_test(channel: str) -> bool:
    return channel.startswith(_TEST)


def test_playback(channel: str) -> str:
    return f"tone-{channel}"


def is_helper(channel: str, technology_name: str = "") -> bool:
    """Whether the channel is a tool of ours and nobody's telephone: announcer, whisper, recorder, media leg, test."""
    return channel.startswith((_SNOOP, _TEST, _MOUTH, _SPEAKER)) or technology_name.startswith(_HELPER_TECHNOLOGIES)


def is_media_leg(technology_name: str) -> bool:
    return technology_name.startswith("UnicastRTP/")


def is_our_leg(channel: str) -> bool:
    """Whether we placed this call."""
    return channel.startswith(_LEG) and len(channel) == ID_LENGTH


def is_mix(name: str) -> bool:
    return name.startswith(_MIX) and len(name) == ID_LENGTH


def is_playback(name: str) -> bool:
    return name.startswith(_PLAYBACK)


def is_recording(name: str) -> bool:
    return name.startswith(_RECORDING) and len(name) == ID_LENGTH


def sound(prompt: Prompt) -> str:
    """The media URI; Asterisk puts the language before that of a phrase."""
    recording = recording_of(prompt)
    return f"sound:{APP}/{prompt}" if recording is None else f"recording:{recording}"


def channel_of(target_uri: str) -> ChannelId | None:
    """`channel:<id>` → the id."""
    kind, _, name = target_uri.partition(":")
    return ChannelId(name) if kind == "channel" and name else None
