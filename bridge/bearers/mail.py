"""E-mail by SMTP (RFC 5321), one recipient for each message, over a connection of its own.

Until the server has been given the message's text, a failure means that nothing was sent. After that only its answer
tells. The Message-ID is the outbox's id: a server or a reader that sees a message twice knows it.
"""

import asyncio
import re
import ssl
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import formatdate
from pathlib import Path
from typing import Final

import aiosmtplib

from bridge.bearers.passwords import password_in
from bridge.bearers.reasons import BearerReason
from bridge.bearers.settings import MailSettings
from bridge.domain.kernel.events import Fate
from bridge.domain.outbox.effects import SendMessage
from bridge.ports import PortError, Taken

DEVICE: Final = "mail"
_PACKAGE: Final = re.compile(r"pkg-[0-9a-f]{12}")
_EVIDENCE: Final = 200
_LATER: Final = range(400, 500)
"""RFC 5321 §4.2.1: a transient negative reply; the same may succeed later."""


class Mail:
    """`Bearers` for e-mail."""

    def __init__(self, settings: MailSettings, packages: Path | None = None) -> None:
        """`packages`: the folder of what is attached."""
        self._settings = settings
        self._packages = packages

    async def send(self, message: SendMessage) -> Taken:
        """Gives the Message-ID.

        Raises:
            PortError: As `bridge.ports.Bearers`.
        """
        attached = await asyncio.to_thread(self._attached, message)
        content = written(message, self._settings.sender, attached)
        server = self._server()
        try:
            await self._offer(server, message.to)
            await self._hand_over(server, content)
        finally:
            server.close()
        return Taken(message_id(message, self._settings.sender))

    def _attached(self, message: SendMessage) -> bytes | None:
        """The file of the package, which is no larger than the settings let an e-mail be."""
        if not message.attached:
            return None
        try:
            if self._packages is None or not _PACKAGE.fullmatch(message.package):
                raise FileNotFoundError(message.package)
            return (self._packages / f"{message.package}.zip").read_bytes()
        except OSError as error:
            raise PortError(DEVICE, BearerReason.ATTACHMENT_GONE(), retry=False, evidence=str(error)) from error

    def _server(self) -> aiosmtplib.SMTP:
        settings = self._settings
        context = None if settings.security == "none" else _context(settings.certificates)
        return aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            timeout=settings.within_s,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            tls_context=context,
        )

    async def _offer(self, server: aiosmtplib.SMTP, to: str) -> None:
        """Up to the recipient: whatever fails here, nothing was sent."""
        settings = self._settings
        password = password_in(settings.password_file, DEVICE) if settings.password_file is not None else ""
        try:
            await server.connect()
            if settings.user:
                await server.login(settings.user, password)
            await server.mail(settings.sender)
            await server.rcpt(to)
        except aiosmtplib.SMTPAuthenticationError as error:
            raise _refused(BearerReason.LOGIN_REFUSED(host=settings.host), error, retry=True) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _answered(error) from error
        except aiosmtplib.SMTPNotSupported as error:
            raise _refused(BearerReason.NO_TLS(host=settings.host), error, retry=True) from error
        except ssl.SSLError as error:
            raise _refused(BearerReason.NO_TLS(host=settings.host), error, retry=True) from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise _refused(BearerReason.NOT_REACHED(host=settings.host), error, retry=True) from error

    async def _hand_over(self, server: aiosmtplib.SMTP, content: bytes) -> None:
        try:
            await server.data(content)
        except aiosmtplib.SMTPResponseException as error:
            raise _answered(error) from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            reason = BearerReason.NO_ANSWER(host=self._settings.host)
            raise PortError(DEVICE, reason, retry=False, evidence=str(error)[:_EVIDENCE], fate=Fate.UNKNOWN) from error


def written(message: SendMessage, sender: str, attached: bytes | None = None) -> bytes:
    """The message as it is sent: plain text, one recipient, and marked so that no machine answers it (RFC 3834).

    A calendar object is the last alternative to the text, with its method in the header (RFC 6047, 2.4). Outlook shows
    that one as an invitation.

    Raises:
        PortError: A header would not hold it.
    """
    mail = EmailMessage(policy=WIRE)
    try:
        mail["From"] = sender
        mail["To"] = message.to
        mail["Subject"] = " ".join(message.heading.split())
        mail["Date"] = formatdate(message.created_at_s)
        mail["Message-ID"] = message_id(message, sender)
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
        mail.set_content(message.text, charset="utf-8", cte="quoted-printable")
        if message.calendar:
            params = {"method": message.calendar_method}
            mail.add_alternative(message.calendar, subtype="calendar", charset="utf-8", cte="base64", params=params)
        if attached is not None:
            mail.add_attachment(attached, maintype="application", subtype="zip", filename=message.attached)
        return mail.as_bytes()
    except (ValueError, MessageError) as error:
        raise PortError(DEVICE, BearerReason.NOT_WRITABLE(), retry=False, evidence=str(error)[:_EVIDENCE]) from error


def message_id(message: SendMessage, sender: str) -> str:
    """Always the same for one message of the outbox."""
    return f"<{message.message}@{sender.rpartition('@')[2]}>"


def _context(certificates: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=certificates)
    except OSError as error:
        reason = BearerReason.PASSWORD_UNREADABLE(file=str(certificates))
        raise PortError(DEVICE, reason, retry=True, evidence=error.strerror or "") from error


def _answered(error: aiosmtplib.SMTPResponseException) -> PortError:
    is_later = error.code in _LATER
    reason = BearerReason.BUSY(code=error.code) if is_later else BearerReason.REFUSED(code=error.code)
    return PortError(DEVICE, reason, retry=is_later, evidence=error.message[:_EVIDENCE])


def _refused(reason: object, error: Exception, *, retry: bool) -> PortError:
    return PortError(DEVICE, reason, retry=retry, evidence=str(error)[:_EVIDENCE])  # type: ignore[arg-type]
