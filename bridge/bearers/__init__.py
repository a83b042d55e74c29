"""Bearers of messages: SMS by an HTTP gateway, an operator's line or a modem, and e-mail by SMTP."""

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
