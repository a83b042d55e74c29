"""The requests of Asterisk's REST interface that we make, over HTTP with a bounded pool and a time limit each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec
from yarl import URL

from bridge.ari import model
from bridge.ari.errors import AriRefused, AriUnavailable, error_for

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AriLimits:
    """How long and how much. The half-open socket is noticed within 1.5 × `heartbeat_s`."""

    heartbeat_s: float = 4.0
    request_timeout_s: float = 5.0
    connect_timeout_s: float = 2.0
    connections: int = 16
    """At most so many requests at once; the event socket has its own."""
    queued_events: int = 10_000
    first_pause_s: float = 0.2
    longest_pause_s: float = 5.0
    keepalive_s: float = 10.0
    """Shorter than Asterisk's 15 s, so that no request is sent on a connection that it is just closing."""


class AriRequests:
    """One method per operation. Every object that is made is named by the caller, so that asking twice makes one.

    Raises from every method: `AriError` and its kinds, see `bridge.ari.errors`.
    """

    def __init__(self, base_url: str, username: str, password: str, app: str, limits: AriLimits | None = None) -> None:
        self.app = app
        self.fenced = False
        """No request leaves any more: another controller has the application."""
        self._base = base_url.rstrip("/")
        self._headers = {"Authorization": aiohttp.encode_basic_auth(username, password, "utf-8")}
        self._limits = limits or AriLimits()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        limits = self._limits
        self._session = aiohttp.ClientSession(
            headers=self._headers,
            connector=aiohttp.TCPConnector(limit=limits.connections + 1, keepalive_timeout=limits.keepalive_s),
            timeout=aiohttp.ClientTimeout(total=limits.request_timeout_s, sock_connect=limits.connect_timeout_s),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def filter_events(self, unwanted: Sequence[str]) -> None:
        body = {"disallowed": [{"type": name} for name in unwanted]}
        await self._send(model.FILTER_EVENTS, [self.app], body=body)

    async def endpoints(self) -> tuple[model.Endpoint, ...]:
        return await self._get(model.LIST_ENDPOINTS, ["PJSIP"], tuple[model.Endpoint, ...])

    async def channels(self) -> tuple[model.Channel, ...]:
        """All of Asterisk's channels, not only ours."""
        return await self._get(model.LIST_CHANNELS, [], tuple[model.Channel, ...])

    async def originate(
        self,
        channel: str,
        *,
        endpoint: str,
        app_args: str = "",
        context: str = "",
        caller_id: str = "",
        timeout_s: int = 30,
        other_channel: str = "",
        formats: str = "",
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """Call an endpoint and bring it to our application when it answers. It comes at once, or by the dialplan, which
        waits for a controller when there is none.

        Args:
            channel: The new channel's id. The same id again gives `AriConflict`.
            endpoint: `PJSIP/<digits>@<endpoint>` or `Local/<extension>@<context>/n`.
            app_args: Come back in `StasisStart.args`, divided at commas; not with a context, whose dialplan gives them.
            context: Of the dialplan, where it goes to extension `s` when it answers; empty: into the application.
            caller_id: Number to show; empty: the endpoint's own.
            timeout_s: How long it rings.
            other_channel: The id of a Local channel's other end.
            formats: Codecs of a Local channel, such as `slin`; empty: Asterisk takes the best it knows, `slin192`.
            variables: Channel variables.
        """
        query = {"endpoint": endpoint, "timeout": str(timeout_s)}
        if context:
            query |= {"context": context, "extension": "s", "priority": "1"}
        else:
            query |= {"app": self.app, "appArgs": app_args}
        query |= {"callerId": caller_id} if caller_id else {}
        query |= {"otherChannelId": other_channel} if other_channel else {}
        query |= {"formats": formats} if formats else {}
        await self._send(model.ORIGINATE, [channel], query, {"variables": dict(variables)} if variables else None)

    async def external_media(self, channel: str, *, host: str, port: int) -> None:
        """A channel that exchanges RTP with host:port: L16 8 kHz mono, 20 ms (`slin`; PT 10, big-endian)."""
        query = {
            "channelId": channel,
            "app": self.app,
            "external_host": f"{host}:{port}",
            "encapsulation": "rtp",
            "transport": "udp",
            "connection_type": "client",
            "format": "slin",
            "direction": "both",
        }
        await self._send(model.EXTERNAL_MEDIA, [], query)

    async def answer(self, channel: str) -> None:
        await self._send(model.ANSWER, [channel])

    async def hang_up(self, channel: str) -> None:
        await self._send(model.HANG_UP, [channel])

    async def play(self, channel: str, playback: str, media: Sequence[str], lang: str) -> None:
        """Play the media URIs one after the other. Takes a channel that is in a bridge out of it meanwhile."""
        await self._send(model.PLAY, [channel, playback], {"media": ",".join(media), "lang": lang})

    async def playback(self, playback: str) -> model.Playback:
        return await self._get(model.GET_PLAYBACK, [playback], model.Playback)

    async def stop_playback(self, playback: str) -> None:
        await self._send(model.STOP_PLAYBACK, [playback])

    async def snoop(self, channel: str, snoop: str, app_args: str) -> None:
        """A channel whose played sound is heard by `channel` alone, over what it hears otherwise."""
        query = {"whisper": "out", "spy": "none", "app": self.app, "appArgs": app_args}
        await self._send(model.SNOOP, [channel, snoop], query)

    async def variable(self, channel: str, name: str) -> str:
        found = await self._get(model.GET_VARIABLE, [channel], model.Variable, {"variable": name})
        return found.value

    async def set_variable(self, channel: str, name: str, value: str) -> None:
        await self._send(model.SET_VARIABLE, [channel], {"variable": name, "value": value})

    async def send_dtmf(self, channel: str, keys: str) -> None:
        """Press keys on the line, as its trunk has them. Returns before they are sent."""
        await self._send(model.SEND_DTMF, [channel], {"dtmf": keys, "between": "120", "duration": "160"})

    async def rtp_statistics(self, channel: str) -> model.RtpStatistics:
        """
        Raises:
            AriNotFound: There is no such channel, or it has no RTP.
        """
        return await self._get(model.RTP_STATISTICS, [channel], model.RtpStatistics)

    async def bridges(self) -> tuple[model.MixingBridge, ...]:
        return await self._get(model.LIST_BRIDGES, [], tuple[model.MixingBridge, ...])

    async def create_bridge(self, mix: str, kind: str) -> None:
        """The same id again gives `AriConflict`."""
        await self._send(model.CREATE_BRIDGE, [mix], {"type": kind})

    async def destroy_bridge(self, mix: str) -> None:
        await self._send(model.DESTROY_BRIDGE, [mix])

    async def add_channel(self, mix: str, channel: str) -> None:
        """Its keys stay with it. The owner of a key may be moved before its end. Asterisk would send it to all others
        for good then, in the place of every sound.

        Raises:
            AriNotInStasis: The channel is not in our application (yet).
            AriRefused: 400, there is no such channel.
            AriNotFound: There is no such bridge.
        """
        await self._send(model.ADD_CHANNEL, [mix], {"channel": channel, "absorbDTMF": "true"})

    async def remove_channel(self, mix: str, channel: str) -> None:
        """It stays in our application.

        Raises:
            AriNotInStasis: 422, the channel is not in this bridge.
            AriRefused: 400, there is no such channel.
            AriNotFound: There is no such bridge.
        """
        await self._send(model.REMOVE_CHANNEL, [mix], {"channel": channel})

    async def record_bridge(self, mix: str, name: str, file_format: str) -> None:
        query = {"name": name, "format": file_format, "ifExists": "fail"}
        await self._send(model.RECORD_BRIDGE, [mix], query)

    async def record_channel(
        self, channel: str, name: str, file_format: str, *, longest_s: int, silence_s: int
    ) -> None:
        """A channel that is in no bridge, until `#`, a silence of so long, or the time is used up."""
        query = {"name": name, "format": file_format, "ifExists": "fail", "terminateOn": "#"}
        query |= {"maxDurationSeconds": str(longest_s), "maxSilenceSeconds": str(silence_s)}
        await self._send(model.RECORD_CHANNEL, [channel], query)

    async def live_recording(self, name: str) -> model.LiveRecording:
        return await self._get(model.GET_LIVE_RECORDING, [name], model.LiveRecording)

    async def stop_recording(self, name: str) -> None:
        await self._send(model.STOP_RECORDING, [name])

    async def mute_recording(self, name: str, *, muted: bool) -> None:
        """Muted, silence is written, so that later sound keeps its time. To mute what is muted gives it its sound back,
        see `bridge.ari.silence`; to unmute what is not muted changes nothing.

        Raises:
            AriNotFound: It does not run.
            AriConflict: It has not begun yet.
        """
        await self._send(model.MUTE_RECORDING if muted else model.UNMUTE_RECORDING, [name])

    async def pause_recording(self, name: str, *, paused: bool) -> None:
        """Paused, nothing is written. The same again changes nothing."""
        await self._send(model.PAUSE_RECORDING if paused else model.UNPAUSE_RECORDING, [name])

    async def _get(
        self, operation: model.Operation, names: Sequence[str], kind: type[T], query: Mapping[str, str] | None = None
    ) -> T:
        answer = await self._send(operation, names, query)
        try:
            return msgspec.json.decode(answer, type=kind)
        except msgspec.DecodeError as error:
            raise AriUnavailable(f"{operation.method} {operation.path}", 200, f"unreadable answer: {error}") from error

    async def _send(
        self,
        operation: model.Operation,
        names: Sequence[str],
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> bytes:
        path = _path(operation, names)
        request = f"{operation.method} {path}"
        try:
            async with self._http().request(
                operation.method, URL(f"{self._base}{path}", encoded=True), params=query, json=body
            ) as response:
                answer = await response.read()
        except TimeoutError as error:
            raise AriUnavailable(request, 0, f"no answer in {self._limits.request_timeout_s} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise AriUnavailable(request, 0, str(error) or type(error).__name__) from error
        if response.status >= 400:
            raise error_for(request, response.status, _message(answer))
        return answer

    def _http(self) -> aiohttp.ClientSession:
        if self.fenced:
            raise AriRefused("request", 0, "another controller has taken over: this one may do nothing more")
        if self._session is None:
            raise AriUnavailable("request", 0, "the connection to Asterisk is not begun yet, or is ended")
        return self._session


def _path(operation: model.Operation, names: Sequence[str]) -> str:
    quoted = iter(quote(name, safe="") for name in names)
    return "/".join(next(quoted) if part.startswith("{") else part for part in operation.path.split("/"))


def _message(answer: bytes) -> str:
    try:
        return msgspec.json.decode(answer, type=_ErrorBody).text()[:200]
    except msgspec.DecodeError:
        return answer.decode("utf-8", "replace")[:200]


class _ErrorBody(msgspec.Struct, frozen=True):
    message: str = ""
    error: str = ""

    def text(self) -> str:
        return self.message or self.error
