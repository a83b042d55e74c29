"""The part of Asterisk's REST interface that we use, as types: objects, events, and the table of operations.

Written by hand from what Asterisk 22 sends; unknown fields are ignored. `tests/contract/ari` compares every name here
with the interface description that a running Asterisk gives of itself.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec


class CallerId(msgspec.Struct, frozen=True):
    name: str = ""
    number: str = ""


class DialplanPosition(msgspec.Struct, frozen=True):
    context: str = ""
    exten: str = ""
    app_name: str = ""
    app_data: str = ""
    """The running application's arguments, `samband,inbound,…`, with which the channel came to us."""


class Channel(msgspec.Struct, frozen=True):
    id: str
    name: str = ""
    """`<technology>/<resource>-<number>`."""
    state: str = ""
    """`Down`, `Ring`, `Ringing`, `Up` and others."""
    caller: CallerId = CallerId()
    dialplan: DialplanPosition = DialplanPosition()
    channelvars: Mapping[str, str] = {}
    """The variables that ari.conf names, where they are set."""


class MixingBridge(msgspec.Struct, frozen=True):
    id: str
    channels: tuple[str, ...] = ()


class Playback(msgspec.Struct, frozen=True):
    id: str
    target_uri: str = ""
    """`channel:<id>`."""
    state: str = ""
    """`queued`, `playing`, `continuing`, `done` or `failed`."""


class LiveRecording(msgspec.Struct, frozen=True):
    name: str
    state: str = ""
    duration: int | None = None
    """Seconds, whole, known when finished."""
    cause: str | None = None


class Endpoint(msgspec.Struct, frozen=True):
    resource: str
    state: str | None = None
    """`online`, `offline` or `unknown`."""


class Variable(msgspec.Struct, frozen=True):
    value: str


class RtpStatistics(msgspec.Struct, frozen=True):
    """The packets that have come from a telephone, and its RTCP about our sound."""

    rxcount: int = 0
    """Packets of RTP from it."""
    rtt: float = 0.0
    txjitter: float = 0.0
    txploss: int = 0


# --- events ---


class AriEvent(msgspec.Struct, frozen=True, tag_field="type", tag=str):
    """Base of all events: told apart by `type`, which is the class name."""


class ApplicationReplaced(AriEvent, frozen=True):
    pass


class StasisStart(AriEvent, frozen=True):
    channel: Channel
    args: tuple[str, ...] = ()


class StasisEnd(AriEvent, frozen=True):
    channel: Channel


class ChannelStateChange(AriEvent, frozen=True):
    channel: Channel


class ChannelHangupRequest(AriEvent, frozen=True):
    channel: Channel
    cause: int = 0
    soft: bool = False
    """Asked for on our side; `cause` is then Asterisk's inner flag and no Q.850."""


class ChannelDestroyed(AriEvent, frozen=True):
    channel: Channel
    cause: int = 0
    """Q.850; 0 is "unknown", an ordinary thing."""


class Dial(AriEvent, frozen=True):
    peer: Channel
    dialstatus: str = ""
    """Empty at the start, then `RINGING`, `PROGRESS`, `ANSWER`, `BUSY` and others."""


class ChannelDtmfReceived(AriEvent, frozen=True):
    channel: Channel
    digit: str
    duration_ms: int = 0
    timestamp: str = ""
    """ISO 8601, by Asterisk's clock, to the millisecond."""


class ChannelUserevent(AriEvent, frozen=True):
    """The dialplan's own news."""

    eventname: str
    channel: Channel | None = None


class ChannelTalkingStarted(AriEvent, frozen=True):
    channel: Channel


class ChannelTalkingFinished(AriEvent, frozen=True):
    channel: Channel


class ChannelHold(AriEvent, frozen=True):
    channel: Channel


class ChannelUnhold(AriEvent, frozen=True):
    channel: Channel


class ChannelEnteredBridge(AriEvent, frozen=True):
    bridge: MixingBridge
    channel: Channel | None = None


class ChannelLeftBridge(AriEvent, frozen=True):
    bridge: MixingBridge
    channel: Channel | None = None


class BridgeDestroyed(AriEvent, frozen=True):
    bridge: MixingBridge


class PlaybackStarted(AriEvent, frozen=True):
    playback: Playback


class PlaybackFinished(AriEvent, frozen=True):
    playback: Playback


class RecordingStarted(AriEvent, frozen=True):
    recording: LiveRecording


class RecordingFinished(AriEvent, frozen=True):
    recording: LiveRecording


class RecordingFailed(AriEvent, frozen=True):
    recording: LiveRecording


class UnknownEvent(msgspec.Struct, frozen=True):
    """An event of a type we have no use for: counted, logged once per type, and changes nothing."""

    type: str


KnownEvent = (
    ApplicationReplaced
    | StasisStart
    | StasisEnd
    | ChannelStateChange
    | ChannelHangupRequest
    | ChannelDestroyed
    | Dial
    | ChannelDtmfReceived
    | ChannelUserevent
    | ChannelTalkingStarted
    | ChannelTalkingFinished
    | ChannelHold
    | ChannelUnhold
    | ChannelEnteredBridge
    | ChannelLeftBridge
    | BridgeDestroyed
    | PlaybackStarted
    | PlaybackFinished
    | RecordingStarted
    | RecordingFinished
    | RecordingFailed
)
Event = KnownEvent | UnknownEvent

UNWANTED_EVENTS: Final = (
    "ChannelVarset",
    "ChannelDialplan",
    "ChannelCallerId",
    "ChannelConnectedLine",
    "ChannelCreated",
    "BridgeCreated",
    "PlaybackContinuing",
    "DeviceStateChanged",
    "EndpointStateChange",
    "ContactStatusChange",
    "PeerStatusChange",
)
"""Asked not to be sent. `ChannelVarset` alone is N²/2 events while a room of N fills (one per member at each join). The
last four concern Asterisk as a whole. We subscribe to it to see a call of ours before it is answered."""

_known: Final[msgspec.json.Decoder[KnownEvent]] = msgspec.json.Decoder(KnownEvent)
_any: Final[msgspec.json.Decoder[UnknownEvent]] = msgspec.json.Decoder(UnknownEvent)
_KNOWN_TYPES: Final = frozenset(kind.__name__ for kind in AriEvent.__subclasses__())


def decode_event(message: str | bytes) -> Event:
    """One WebSocket message → its event.

    Raises:
        msgspec.DecodeError: Not JSON, no object with a type, or a known type whose fields are not as we know them.
    """
    try:
        return _known.decode(message)
    except msgspec.ValidationError:
        event = _any.decode(message)
        if event.type in _KNOWN_TYPES:
            raise
        return event


# --- operations ---


class Operation(msgspec.Struct, frozen=True):
    """One REST operation that we use, with the query parameters that we give it."""

    method: str
    path: str
    query: frozenset[str] = frozenset()
    body: frozenset[str] = frozenset()


def _operation(method: str, path: str, query: Sequence[str] = (), body: Sequence[str] = ()) -> Operation:
    return Operation(method, path, frozenset(query), frozenset(body))


LIST_CHANNELS: Final = _operation("GET", "/channels")
HANG_UP: Final = _operation("DELETE", "/channels/{channelId}", ["reason"])
ORIGINATE: Final = _operation(
    "POST",
    "/channels/{channelId}",
    [
        *("endpoint", "app", "appArgs", "context", "extension", "priority"),
        *("callerId", "timeout", "otherChannelId", "formats"),
    ],
    ["variables"],
)
ANSWER: Final = _operation("POST", "/channels/{channelId}/answer")
PLAY: Final = _operation("POST", "/channels/{channelId}/play/{playbackId}", ["media", "lang"])
SNOOP: Final = _operation("POST", "/channels/{channelId}/snoop/{snoopId}", ["whisper", "spy", "app", "appArgs"])
GET_VARIABLE: Final = _operation("GET", "/channels/{channelId}/variable", ["variable"])
SET_VARIABLE: Final = _operation("POST", "/channels/{channelId}/variable", ["variable", "value"])
SEND_DTMF: Final = _operation("POST", "/channels/{channelId}/dtmf", ["dtmf", "between", "duration"])
RTP_STATISTICS: Final = _operation("GET", "/channels/{channelId}/rtp_statistics")
EXTERNAL_MEDIA: Final = _operation(
    "POST",
    "/channels/externalMedia",
    ["channelId", "app", "external_host", "encapsulation", "transport", "connection_type", "format", "direction"],
)
GET_PLAYBACK: Final = _operation("GET", "/playbacks/{playbackId}")
STOP_PLAYBACK: Final = _operation("DELETE", "/playbacks/{playbackId}")
LIST_BRIDGES: Final = _operation("GET", "/bridges")
CREATE_BRIDGE: Final = _operation("POST", "/bridges/{bridgeId}", ["type"])
DESTROY_BRIDGE: Final = _operation("DELETE", "/bridges/{bridgeId}")
ADD_CHANNEL: Final = _operation("POST", "/bridges/{bridgeId}/addChannel", ["channel", "absorbDTMF"])
REMOVE_CHANNEL: Final = _operation("POST", "/bridges/{bridgeId}/removeChannel", ["channel"])
RECORD_CHANNEL: Final = _operation(
    "POST",
    "/channels/{channelId}/record",
    ["name", "format", "ifExists", "maxDurationSeconds", "maxSilenceSeconds", "terminateOn"],
)
RECORD_BRIDGE: Final = _operation("POST", "/bridges/{bridgeId}/record", ["name", "format", "ifExists"])
GET_LIVE_RECORDING: Final = _operation("GET", "/recordings/live/{recordingName}")
STOP_RECORDING: Final = _operation("POST", "/recordings/live/{recordingName}/stop")
MUTE_RECORDING: Final = _operation("POST", "/recordings/live/{recordingName}/mute")
UNMUTE_RECORDING: Final = _operation("DELETE", "/recordings/live/{recordingName}/mute")
PAUSE_RECORDING: Final = _operation("POST", "/recordings/live/{recordingName}/pause")
UNPAUSE_RECORDING: Final = _operation("DELETE", "/recordings/live/{recordingName}/pause")
LIST_ENDPOINTS: Final = _operation("GET", "/endpoints/{tech}")
FILTER_EVENTS: Final = _operation("PUT", "/applications/{applicationName}/eventFilter")

OPERATIONS: Final = tuple(value for value in dict(globals()).values() if isinstance(value, Operation))
