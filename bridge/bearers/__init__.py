"""Bearers of messages: SMS by an HTTP gateway, e-mail by SMTP."""

from bridge.bearers.both import ConfiguredBearers
from bridge.bearers.hook import hook_secret
from bridge.bearers.links import LinkSecrets, link_secrets
from bridge.bearers.sealed import Seals, seals_of
from bridge.bearers.settings import LinkSettings, MailSettings, SmsSettings

__all__ = [
    "ConfiguredBearers",
    "LinkSecrets",
    "LinkSettings",
    "MailSettings",
    "Seals",
    "SmsSettings",
    "hook_secret",
    "link_secrets",
    "seals_of",
]
