"""Bearers of messages: SMS by an HTTP gateway, e-mail by SMTP."""

from bridge.bearers.both import ConfiguredBearers
from bridge.bearers.hook import hook_secret
from bridge.bearers.settings import MailSettings, SmsSettings

__all__ = ["ConfiguredBearers", "MailSettings", "SmsSettings", "hook_secret"]
