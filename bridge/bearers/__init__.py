"""Bearers of messages: SMS by an HTTP gateway, an operator's line or a modem, and e-mail by SMTP.

A part is imported when it is first asked for. Each command of the shell reads the settings of all. It has no time for
the HTTP client and the mail client of those who send.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from bridge.bearers.both import ConfiguredBearers
    from bridge.bearers.hook import hook_secret
    from bridge.bearers.inbound import Inbound
    from bridge.bearers.links import LinkSecrets, link_secrets
    from bridge.bearers.settings import LinkSettings, MailSettings, SmsSettings

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

_FOUND_IN: Final = {
    "ConfiguredBearers": "both",
    "Inbound": "inbound",
    "LinkSecrets": "links",
    "LinkSettings": "settings",
    "MailSettings": "settings",
    "SmsSettings": "settings",
    "hook_secret": "hook",
    "link_secrets": "links",
}


def __getattr__(name: str) -> Any:
    if name not in _FOUND_IN:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_FOUND_IN[name]}"), name)
