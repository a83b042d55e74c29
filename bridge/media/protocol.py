"""The messages between the program and its media worker, over a socket pair: msgpack, each with its length before it.

The worker ends when the channel closes. Both processes belong to one installation. A message that cannot be read is a
fault of ours and ends the channel.
"""

import asyncio
from typing import Final, TypeVar

import msgspec

from bridge.media.path import PathEvent

T = TypeVar("T")
_LENGTH_BYTES: Final = 4
MAX_MESSAGE_BYTES: Final = 1024 * 1024
"""More than a minute of sound, which is the longest notice."""


class ChannelClosed(Exception):
    """The other side is gone, or has sent something unreadable. The message says which."""


class Message(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """All of them are tagged with their class's name."""


class PathMessage(Message, frozen=True):
    patch: str


# --- to the worker ---


class Configure(Message, frozen=True):
    """The first message: `MediaSettings` as JSON."""

    settings: str


class Open(PathMessage, frozen=True):
    """Make a path, or keep the one there is if it leads to the same terminal. Answered by `Opened` or `OpenFailed`."""

    audio: str
    """As `bridge.media.terminal_audio.parse_audio` reads it."""
    mix: str = ""
    """The meeting's mix: paths with the same one hear each other when Asterisk is away."""


class Meet(PathMessage, frozen=True):
    """Asterisk's end of the media leg is 127.0.0.1:`port`."""

    port: int


class Close(PathMessage, frozen=True):
    pass


class SetRadioHeard(PathMessage, frozen=True):
    heard: bool


class SendVoice(PathMessage, frozen=True):
    pass


class HoldVoice(PathMessage, frozen=True):
    withdrawn: bool = False


class DropVoice(PathMessage, frozen=True):
    older_than_ms: int | None = None


class ArmVoice(PathMessage, frozen=True):
    armed: bool


class Say(PathMessage, frozen=True):
    """Words for the air. `Said` tells when they are out, or will never be."""

    sound: bytes
    """`int16`, little-endian, whole frames."""


class StartTrack(PathMessage, frozen=True):
    """Record. Answered by `TrackStarted` or `TrackFailed`."""

    recording: str
    file: str
    """That does not exist yet."""


class StopTrack(PathMessage, frozen=True):
    """Close the file. Answered by `TrackEnded`, even if there is no such track."""

    recording: str


PathRequest = Meet | Close | SetRadioHeard | SendVoice | HoldVoice | DropVoice | ArmVoice | Say | StartTrack | StopTrack
Request = Configure | Open | PathRequest

# --- from the worker ---


class Opened(PathMessage, frozen=True):
    """The path's end for Asterisk is 127.0.0.1:`port`."""

    port: int


class OpenFailed(PathMessage, frozen=True):
    reason: str


class Up(PathMessage, frozen=True):
    pass


class Down(PathMessage, frozen=True):
    """`leg_gone`: Asterisk has closed its end, the leg must be made anew. `deaf`: the terminal takes no sound."""

    reason: str
    leg_gone: bool = False
    deaf: bool = False


class PathHappened(PathMessage, frozen=True):
    """A fact from the path's last step, as the path gave it."""

    event: PathEvent


class TrackStarted(PathMessage, frozen=True):
    """The file is open, and its first sample is now."""

    recording: str
    file: str


class TrackEnded(PathMessage, frozen=True):
    """All of it is in the file, and the file is closed."""

    recording: str


class TrackFailed(PathMessage, frozen=True):
    """Nothing more is written. Everything written before is in the file."""

    recording: str
    reason: str


class PathStats(msgspec.Struct, frozen=True):
    """How a path does. Counts are since it was made; levels are of the loudest frame since the last report."""

    patch: str
    sending: bool
    meeting_dbfs: float
    meeting_peak_dbfs: float
    meeting_rms_dbfs: float
    """Of the whole second, pauses too."""
    meeting_gain_db: float
    """The gain of the automatic level now."""
    meeting_noise_dbfs: float
    """The noise floor as learned."""
    radio_dbfs: float
    radio_peak_dbfs: float
    radio_rms_dbfs: float
    radio_gain_db: float
    air_dbfs: float
    """Of the sound that goes to the radio."""
    air_peak_dbfs: float
    air_rms_dbfs: float
    armed: bool
    stuck: bool
    """A steady noise is kept off the air."""
    notices_waiting: int
    recording: bool
    delay_ms: int
    """How long ago the speech that is sent next was said; 0 when nothing waits."""
    held_ms: int
    """Sound held for the radio."""
    lost_ms: int
    """Speech dropped because more was held than the bound allows."""
    radio_delay_ms: int
    """Sound from the terminal that waits in the jitter buffer."""
    radio_lost_ms: int
    """Sound from the terminal dropped because too much waited, in the jitter buffer or before it."""
    radio_left_out: int
    radio_repeated: int
    """Quiet frames left out and repeated to follow the terminal's clock."""
    frames_from_meeting: int
    frames_to_meeting: int
    frames_from_radio: int
    frames_to_radio: int
    card_delay_ms: int
    """Sound that waits for the sound card to play it; 0 with other terminals."""
    xruns: int
    """Times a sound card found nothing to play or nowhere to put what it heard."""
    packets_lost: int
    packets_late: int
    malformed: int
    """Packets and messages that could not be read, from Asterisk and the terminal together."""
    jitter_ms: float
    """Of the frames from Asterisk (RFC 3550 §6.4.1)."""
    overdue: int
    """Times our own clock had to pace because Asterisk sent nothing."""
    relayed_frames: int
    """Heard from other talkgroups of the meeting while Asterisk was away."""
    late_frames: int
    """Steps that came more than 20 ms after their turn, whoever was late: Asterisk, the kernel or we."""
    slow_frames: int
    """Of the frames from Asterisk, those that waited for the worker for more than 20 ms: our own share."""
    cpu_ms: int
    """Processor time of this path's steps, as far as they are its own."""


class Report(Message, frozen=True):
    """Once a second, whatever happens: the sign of life."""

    paths: list[PathStats]
    cpu_s: float
    """Processor time that the worker has used."""


VoiceNotice = Up | Down | PathHappened
TrackNotice = TrackStarted | TrackEnded | TrackFailed
Notice = Opened | OpenFailed | VoiceNotice | TrackNotice | Report

_encoder: Final = msgspec.msgpack.Encoder()
_requests: Final = msgspec.msgpack.Decoder(Request)
_notices: Final = msgspec.msgpack.Decoder(Notice)


def pack(message: Message) -> bytes:
    body = _encoder.encode(message)
    return len(body).to_bytes(_LENGTH_BYTES, "big") + body


async def read_request(reader: asyncio.StreamReader) -> Request:
    """The next message from the program.

    Raises:
        ChannelClosed: There is none and never will be.
    """
    return await _read(reader, _requests)


async def read_notice(reader: asyncio.StreamReader) -> Notice:
    """The next message from the worker.

    Raises:
        ChannelClosed: There is none and never will be.
    """
    return await _read(reader, _notices)


async def _read(reader: asyncio.StreamReader, decoder: msgspec.msgpack.Decoder[T]) -> T:
    try:
        length = int.from_bytes(await reader.readexactly(_LENGTH_BYTES), "big")
        if length > MAX_MESSAGE_BYTES:
            raise ChannelClosed(f"a message of {length} octets")
        return decoder.decode(await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise ChannelClosed("the other side closed") from error
    except msgspec.MsgspecError as error:
        raise ChannelClosed(f"unreadable: {error}") from error
