"""The secrets of links. Each is made of the link's id and of a key in a file, and kept nowhere.

A copy of the database opens no link. Deleting the file makes every link that was sent lead nowhere.
"""

import base64
import hmac
import re
import secrets
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Final

import structlog

from bridge.domain.kernel.ids import LinkId
from bridge.domain.outbox.effects import SendMessage
from bridge.domain.outbox.marks import CODE_LENGTH, CODE_MARK, LINK_DIGITS, TOKEN_LENGTH, TOKEN_MARK
from bridge.files import make_once, replace_file

log = structlog.get_logger(__name__)

FILE: Final = "links.key"
_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_TOKEN: Final = re.compile(r"[a-z2-7]{10}[A-Za-z0-9_-]{22}", re.ASCII)


class LinkSecrets:
    """`bridge.ports.LinkSecrets`. `key` is 256 bits."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def token(self, link: LinkId) -> str:
        """The last part of its address: the id, and 128 bits that only the key gives."""
        mac = base64.urlsafe_b64encode(self._mac("token", link)[:16]).decode().rstrip("=")
        return f"{link}{mac}"

    def code(self, link: LinkId) -> str:
        """Four digits, to be typed by a reader of the message."""
        return f"{int.from_bytes(self._mac('code', link)) % 10**CODE_LENGTH:0{CODE_LENGTH}d}"

    def opened(self, token: str) -> LinkId | None:
        """The link of an address; `None`: it was never ours. Compared in constant time."""
        if len(token) != TOKEN_LENGTH or _TOKEN.fullmatch(token) is None:
            return None
        link = LinkId(token[:LINK_DIGITS])
        return link if hmac.compare_digest(token, self.token(link)) else None

    def is_code(self, link: LinkId, typed: str) -> bool:
        digits = "".join(typed.split())[:20]
        return hmac.compare_digest(digits.encode(), self.code(link).encode())

    def filled(self, message: SendMessage) -> SendMessage:
        """The message as it is sent: each mark in its text has become its secret."""
        if not message.links:
            return message
        text = TOKEN_MARK.sub(lambda found: self.token(LinkId(found[1])), message.text)
        return replace(message, text=CODE_MARK.sub(lambda found: self.code(LinkId(found[1])), text))

    def _mac(self, use: str, link: LinkId) -> bytes:
        return hmac.digest(self._key, f"{use} {link}".encode(), sha256)


def link_secrets(folder: Path) -> LinkSecrets:
    """Of this state directory; the key is made (mode 600) at the first call. A file that holds none is replaced."""
    path = folder / FILE
    make_once(path, secrets.token_urlsafe(32).encode())
    found = path.read_text(errors="replace").strip()
    if _SHAPE.fullmatch(found) is None:
        log.warning("links_key_made_anew", file=str(path), reason="it held no key: links that were sent lead nowhere")
        found = secrets.token_urlsafe(32)
        replace_file(path, found.encode())
    path.chmod(0o600)
    return LinkSecrets(base64.urlsafe_b64decode(found + "="))
