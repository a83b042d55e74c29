"""Bearers of messages: SMS by an HTTP gateway, e-mail by SMTP."""

from bridge.bearers.both import ConfiguredBearers
from bridge.bearers.hook import hook_secret
from bridge.bearers.sealed import Seals, seals_of
from bridge.bearers.settings import MailSettings, SmsSettings

__all__ = ["ConfiguredBearers", "MailSettings", "Seals", "SmsSettings", "hook_secret", "seals_of"]
