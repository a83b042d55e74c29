"""Bearers of messages: SMS by an HTTP gateway, an operator's line or a modem, and e-mail by SMTP.

The exported names are imported when they are first asked for. The settings, which every command reads, need no HTTP
client.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from bridge.bearers.both import ConfiguredBearers
    from bridge.bearers.hook import hook_secret
    from bridge.bearers.inbound import Inbound
    from bridge.bearers.links import LinkSecrets, link_secrets
    from bridge.bearers.settings import LinkSettings, MailSettings, SmsSettings

_WHERE: Final = {
    "ConfiguredBearers": "both",
    "Inbound": "inbound",
    "LinkSecrets": "links",
    "LinkSettings": "settings",
    "MailSettings": "settings",
    "SmsSettings": "settings",
    "hook_secret": "hook",
    "link_secrets": "links",
}

__all__ = [
    "ConfiguredBearers",
    "Inbound",
    "LinkSecrets",
    "LinkSettings",
    "MailSettings",
    "SmsSettings",
    "hook_secret",
    "link_secrets",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"{__name__} has no {name}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
