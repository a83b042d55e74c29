"""SIP messages (RFC 3261), as far as telephones on one machine need them."""

import re
from dataclasses import dataclass, field
from typing import Final

COMPACT: Final = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length"}


@dataclass
class Message:
    """A SIP message; header names are in lower case, in their order, repeats kept."""

    start: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: str = ""

    @classmethod
    def parse(cls, data: bytes) -> "Message":
        """Raises ValueError when it is no SIP message."""
        head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        start, *lines = head.split("\r\n")
        if "SIP/2.0" not in start:
            raise ValueError("not SIP")
        headers = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        return cls(start, [(COMPACT.get(name, name), value) for name, value in headers], body)

    def render(self) -> bytes:
        lines = [self.start, *(f"{name}: {value}" for name, value in self.headers)]
        body = self.body.encode()
        return "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body

    def __getitem__(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    @property
    def method(self) -> str:
        """Of a request; of a response the method it answers."""
        return self["cseq"].split()[-1] if self.status else self.start.split()[0]

    @property
    def status(self) -> int:
        """Of a response; 0 for a request."""
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0") else 0

    @property
    def user(self) -> str:
        """The user part of a request's target."""
        match = re.match(r"\S+ sips?:([^@;>]*)@", self.start)
        return match.group(1) if match else ""

    @property
    def media(self) -> tuple[str, int] | None:
        """Where the other end wants audio."""
        address = re.search(r"^c=IN IP4 (\S+)", self.body, re.MULTILINE)
        audio = re.search(r"^m=audio (\d+)", self.body, re.MULTILINE)
        return (address.group(1), int(audio.group(1))) if address and audio and int(audio.group(1)) else None


def uri_of(header: str) -> str:
    """The address in a From, To or Contact, without its parameters."""
    match = re.search(r"<([^>]+)>", header)
    return match.group(1) if match else header.split(";")[0]
