"""The outside places of signed heads: a file, a mail, another node, a time stamping authority (RFC 3161).

A head vouches for every row before it, so only the newest waits. While a place is out of reach, nothing piles up.
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

import aiohttp
from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import TimestampRequestBuilder, VerifierBuilder, decode_timestamp_response
from rfc3161_client.errors import VerificationError

from bridge.domain.proof.heads import SignedHead
from bridge.proof import package

_LARGEST_ANSWER: Final = 1 << 20
_LARGEST_PAGE: Final = 4 << 20
_MOST_LINES: Final = 200_000
_TAIL: Final = 1 << 16


class Anchor(Protocol):
    """One outside place."""

    name: str
    every_s: float
    """It is used at most so often; 0: for each head."""

    async def put(self, head: SignedHead) -> bytes | None:
        """Put a head there. Putting it again does no harm.

        Returns:
            The evidence that is kept here.

        Raises:
            AnchorError: It is not there.
        """


class AnchorError(Exception):
    """The place does not take it now. The text is for the log."""


class AnchorFile:
    """A file to which lines are added, each a signed head. It is never read but for its last line and to verify."""

    name = "file"
    every_s = 0.0

    def __init__(self, path: Path) -> None:
        self._path = path

    async def put(self, head: SignedHead) -> bytes | None:
        try:
            await asyncio.to_thread(self._add, head)
        except OSError as error:
            raise AnchorError(str(error)) from error
        return None

    async def lines(self) -> Sequence[tuple[str, str]]:
        """All of them, with this anchor's name. Raises `OSError`."""

        def read() -> list[str]:
            return self._path.read_text("ascii", "replace").splitlines() if self._path.exists() else []

        return [(self.name, one) for one in await asyncio.to_thread(read)]

    def _add(self, head: SignedHead) -> None:
        line = package.line_of(head).encode("ascii")
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            tail = os.pread(descriptor, _TAIL, max(0, size - _TAIL))
            if line in tail.splitlines():
                return
            # A line that a power cut tore stays as it is: the next one begins on its own.
            os.write(descriptor, (b"\n" if tail and not tail.endswith(b"\n") else b"") + line + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class MailAnchor:
    """A mail by the outbox, which sends it as soon as it can."""

    name = "mail"

    def __init__(self, send: Callable[[SignedHead, str], Awaitable[None]], every_s: float) -> None:
        """`send`: a head and its line. Raises `AnchorError`."""
        self._send = send
        self.every_s = every_s

    async def put(self, head: SignedHead) -> bytes | None:
        await self._send(head, package.line_of(head))
        return None


class NodeAnchor:
    """Another Samband, over its API and with a token of its own there. It keeps the heads and shows them."""

    name = "node"
    every_s = 0.0

    def __init__(self, url: str, token_file: Path, public: Callable[[], bytes | None], within_s: float) -> None:
        """`public`: the public part of our key, once it is loaded."""
        self._url = f"{url.rstrip('/')}/api/v1/archive/foreign-heads"
        self._token_file = token_file
        self._public = public
        self._within = aiohttp.ClientTimeout(total=within_s)

    async def put(self, head: SignedHead) -> bytes | None:
        public = self._public()
        if public is None:
            raise AnchorError("our key is not loaded")
        body = {"line": package.line_of(head), "public": public.hex()}
        status, told = await self._asked("POST", self._url, body)
        if status != 201:
            raise AnchorError(f"the node answered {status} {told.get('reason', '') if isinstance(told, dict) else ''}")
        return None

    async def lines(self) -> Sequence[tuple[str, str]]:
        """All that it keeps of ours. Raises `OSError` where it does not tell."""
        found: list[tuple[str, str]] = []
        after = 0
        try:
            while True:
                status, told = await self._asked("GET", f"{self._url}/mine?after={after}")
                if status != 200 or not isinstance(told, list):
                    raise OSError(f"the node answered {status}")
                page = [(int(one["sequence"]), str(one["line"])) for one in told]
                newer = [one for one in page if one[0] > after]
                if not newer or len(found) > _MOST_LINES:
                    return found
                found += [(self.name, line) for _, line in newer]
                after = newer[-1][0]
        except (AnchorError, KeyError, TypeError, ValueError) as error:
            raise OSError(f"{type(error).__name__}: {error}") from error

    async def _asked(self, method: str, url: str, body: object = None) -> tuple[int, object]:
        try:
            token = (await asyncio.to_thread(self._token_file.read_text, "ascii")).strip()
            headers = {"Authorization": f"Bearer {token}"}
            async with (
                aiohttp.ClientSession(timeout=self._within, headers=headers) as session,
                session.request(method, url, json=body, allow_redirects=False) as answer,
            ):
                content = await answer.content.read(_LARGEST_PAGE)
                return answer.status, json.loads(content)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise AnchorError(f"{type(error).__name__}: {error}") from error


class StampAnchor:
    """A time stamping authority: its stamp says that the head was there at that time."""

    name = "tsa"

    def __init__(self, url: str, root: Path, every_s: float, within_s: float) -> None:
        self._url = url
        self._root = root
        self.every_s = every_s
        self._within = aiohttp.ClientTimeout(total=within_s)

    async def put(self, head: SignedHead) -> bytes | None:
        line = package.line_of(head).encode("ascii")
        request = TimestampRequestBuilder().data(line).cert_request(cert_request=True).nonce(nonce=True).build()
        headers = {"Content-Type": "application/timestamp-query"}
        try:
            async with (
                aiohttp.ClientSession(timeout=self._within) as session,
                session.post(self._url, data=request.as_bytes(), headers=headers, allow_redirects=False) as answer,
            ):
                if answer.status != 200:
                    raise AnchorError(f"the authority answered {answer.status}")
                content = await answer.content.read(_LARGEST_ANSWER)
            response = decode_timestamp_response(content)
            if response.status not in (0, 1):
                raise AnchorError(f"the authority refused: {response.status_string}")
            if response.tst_info.nonce != request.nonce:
                raise AnchorError("the authority answered something else")
            self.check(content, line)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, VerificationError) as error:
            raise AnchorError(f"{type(error).__name__}: {error}") from error
        return content

    def check(self, stamp: bytes, line: bytes) -> None:
        """Whether a stamp is over this line, and the root vouches for it.

        Raises:
            VerificationError: It is not.
            ValueError: It is no stamp.
            OSError: The root's file cannot be read.
        """
        response = decode_timestamp_response(stamp)
        builder = VerifierBuilder()
        for root in roots(self._root):
            builder = builder.add_root_certificate(root)
        builder.build().verify_message(response, line)


def roots(path: Path) -> list[Certificate]:
    """The certificates of a PEM file. Raises `OSError` and `ValueError`."""
    return load_pem_x509_certificates(path.read_bytes())
