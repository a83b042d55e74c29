"""Marks in the text of a message that stand for a secret of a link. The bearer puts the secret in when it sends.

So no table, no page and no log has it. A mark of an address is as long as the part that it stands for. So the parts of
an SMS are counted right.
"""

import re
from typing import Final

from bridge.domain.kernel.ids import LinkId

LINK_DIGITS: Final = 10
TOKEN_LENGTH: Final = 32
"""The id, and 22 characters (128 bits, base64url) that only the key gives."""
CODE_LENGTH: Final = 4
TOKEN_MARK: Final = re.compile(r"<([a-z2-7]{10})\.{20}>", re.ASCII)
CODE_MARK: Final = re.compile(r"<#([a-z2-7]{10})>", re.ASCII)


def token_mark(link: LinkId) -> str:
    return f"<{link}{'.' * (TOKEN_LENGTH - LINK_DIGITS - 2)}>"


def code_mark(link: LinkId) -> str:
    return f"<#{link}>"


def as_long(text: str) -> str:
    """The text with other characters in place of the secrets, as long as it is sent."""
    return CODE_MARK.sub("0" * CODE_LENGTH, TOKEN_MARK.sub("x" * TOKEN_LENGTH, text))
