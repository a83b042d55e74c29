"""Text from outside, before anything else sees it; and times and numbers as they are shown."""

import unicodedata
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from bridge.api.reasons import InputReason
from bridge.domain.kernel.reasons import Unusable
from bridge.domain.telephony.numbers import parse_number
from bridge.service.shortdata import SUBSCRIBER_MAX


def without_control(text: str) -> str:
    """Refuse control, surrogate, private and format characters (bidirectional overrides): they forge lines in logs,
    text messages and tables."""
    if any(unicodedata.category(character)[0] == "C" or character in "\u2028\u2029" for character in text):
        raise Unusable(InputReason.CONTROL_CHARACTERS())
    return text


def readable(text: str) -> str:
    """As `without_control`, but for line breaks and the joiner of emoji, which a message may hold."""
    for line in text.replace("\r\n", "\n").replace("\u200d", "").split("\n"):
        without_control(line)
    return text.replace("\r\n", "\n")


Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(without_control)
]
MessageText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), AfterValidator(readable)
]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""An id that a client may choose."""
Number = Annotated[str, StringConstraints(max_length=40), AfterValidator(parse_number)]
Subscriber = Annotated[int, Field(ge=1, le=SUBSCRIBER_MAX)]
Limit = Annotated[int, Query(ge=1, le=1000, description="At most so many.")]
Instant = AwareDatetime
"""RFC 3339, with its time zone."""
OwnCode = Annotated[str, StringConstraints(max_length=40)]
"""The use case tells what is wrong with it."""


class Input(BaseModel):
    """Everything that comes from outside: no unknown members."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Output(BaseModel):
    """An answer, or a part of one. The docstring below a member is its description in `/openapi.json`."""

    model_config = ConfigDict(use_attribute_docstrings=True)


def when(at_s: float | None) -> str | None:
    """An instant as RFC 3339 in UTC with milliseconds."""
    if at_s is None:
        return None
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
