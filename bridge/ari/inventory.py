"""The meaning of a listing of Asterisk's channels and bridges: which are ours, where they are, and which nobody
owns."""

from collections.abc import Collection, Sequence
from typing import Final

from bridge.ari import names
from bridge.ari.model import Channel, MixingBridge
from bridge.ari.translate import dialled, key_of
from bridge.domain.kernel.ids import ChannelId, MixId, TrunkName
from bridge.domain.telephony.callers import shown_caller
from bridge.domain.telephony.events import LiveChannel

_RECEIPTS: Final = ("Playback", "Hangup")
"""The applications of `samband-out` that follow a key."""
_COMES: Final = "1"
_TRUNK_CHANNEL = "PJSIP/trunk-"


def live_channels(channels: Sequence[Channel], bridges: Sequence[MixingBridge]) -> tuple[LiveChannel, ...]:
    """The telephones that are in our application, and the calls that we placed, in Asterisk's order."""
    mixes = {channel: MixId(mix.id) for mix in bridges if names.is_mix(mix.id) for channel in mix.channels}
    return tuple(
        _live(channel, mixes.get(channel.id))
        for channel in channels
        if not names.is_helper(channel.id, channel.name) and (_arguments(channel) or names.is_our_leg(channel.id))
    )


def receipts(channels: Sequence[Channel]) -> dict[ChannelId, str]:
    """Calls of ours whose key nobody has listened to: Asterisk gives its receipt, and ends them.

    A person who has pressed 1 is not among them. They wait, and come to our application.
    """
    return {
        ChannelId(channel.id): key
        for channel in channels
        if names.is_our_leg(channel.id)
        and channel.dialplan.app_name in _RECEIPTS
        and (key := channel.channelvars.get(names.KEY, ""))
        and not key.startswith(_COMES)
    }


def our_mixes(bridges: Sequence[MixingBridge]) -> frozenset[MixId]:
    return frozenset(MixId(mix.id) for mix in bridges if names.is_mix(mix.id))


def orphans(
    channels: Sequence[Channel], bridges: Sequence[MixingBridge], in_use: Collection[str]
) -> tuple[ChannelId, ...]:
    """Helpers that a dead controller left: whispers and media legs not in use by this one, announcers without a mix."""
    mixes = our_mixes(bridges)
    return tuple(
        ChannelId(channel.id)
        for channel in channels
        if names.is_helper(channel.id, channel.name) and channel.id not in in_use and _is_orphan(channel, mixes)
    )


def _is_orphan(channel: Channel, mixes: frozenset[MixId]) -> bool:
    mix = names.announced_mix(channel.id)
    if mix is not None:
        return mix not in mixes
    return (
        names.is_snoop(channel.id)
        or names.is_test(channel.id)
        or (names.is_media_leg(channel.name) and bool(_arguments(channel)))
    )


def _live(channel: Channel, mix: MixId | None) -> LiveChannel:
    arguments = _arguments(channel)
    number, trunk = dialled(arguments)
    is_asked = channel.state == "Up" and not arguments and names.is_our_leg(channel.id)
    return LiveChannel(
        id=ChannelId(channel.id),
        # A person whom we called may have answered and be in the dialplan: they count when they are in our application.
        answered=channel.state == "Up" and bool(arguments),
        mix=mix,
        caller=shown_caller(channel.caller.number),
        number=number,
        trunk=trunk or trunk_of(channel.name),
        asked=is_asked,
        key=channel.channelvars.get(names.KEY, "") if is_asked else key_of(arguments),
    )


def _arguments(channel: Channel) -> tuple[str, ...]:
    """The arguments it entered our application with, its name first taken off; empty when it is elsewhere."""
    position = channel.dialplan
    app, *args = position.app_data.split(",")
    return tuple(args or [""]) if position.app_name == "Stasis" and app == names.APP else ()


def trunk_of(technology_name: str) -> TrunkName | None:
    """`PJSIP/trunk-main-00000001` → `main`."""
    if not technology_name.startswith(_TRUNK_CHANNEL):
        return None
    return TrunkName(technology_name.removeprefix(_TRUNK_CHANNEL).rpartition("-")[0])
