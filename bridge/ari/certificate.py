"""The certificate of SIP over TLS: can it be used, and how long still."""

import ssl
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509

from bridge.ari.config import SYSTEM_CA
from bridge.ari.reasons import AsteriskReason
from bridge.ari.settings import AsteriskSettings
from bridge.ports import PortError

SOON: Final = timedelta(days=21)
"""An operator's or a county's own issuer may need this long."""


def usable_certificate(settings: AsteriskSettings, now: datetime) -> datetime:
    """Until when our certificate can be used. Blocking.

    Raises:
        PortError: A file that cannot be read, a key that is another certificate's, or one that has expired.
    """
    if settings.tls_certificate is None or settings.tls_key is None:
        raise PortError(
            "asterisk", AsteriskReason.NO_CERTIFICATE(settings="[asterisk] tls_certificate, tls_key"), retry=False
        )
    issuers = settings.tls_ca or Path(SYSTEM_CA)
    for path in (settings.tls_certificate, settings.tls_key, issuers):
        try:
            path.read_bytes()
        except OSError as error:
            reason = AsteriskReason.CERTIFICATE_UNREADABLE(file=str(path))
            raise PortError("asterisk", reason, retry=False, evidence=error.strerror or str(error)) from error
    _must_load(settings.tls_certificate, settings.tls_key, issuers)
    until = x509.load_pem_x509_certificate(settings.tls_certificate.read_bytes()).not_valid_after_utc
    if until <= now:
        reason = AsteriskReason.CERTIFICATE_EXPIRED(file=str(settings.tls_certificate), until=f"{until:%Y-%m-%d}")
        raise PortError("asterisk", reason, retry=False)
    return until


def _must_load(certificate: Path, key: Path, issuers: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, password=lambda: b"")
    except ssl.SSLError as error:
        reason = AsteriskReason.CERTIFICATE_WITHOUT_KEY(file=str(certificate), key=str(key))
        raise PortError("asterisk", reason, retry=False, evidence=str(error)) from error
    try:
        context.load_verify_locations(issuers)
    except ssl.SSLError as error:
        reason = AsteriskReason.NO_ISSUERS(file=str(issuers))
        raise PortError("asterisk", reason, retry=False, evidence=str(error)) from error
