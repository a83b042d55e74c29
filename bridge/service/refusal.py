"""The refusal of a use case."""

from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.replies import Refused
from bridge.service.reasons import UnknownReason


class Refusal(Exception):
    """A wish is not carried out, and nothing has changed.

    Attributes:
        code: The kind of refusal, stable and snake_case. It is the domain's (`bridge.domain.kernel.replies.Refused`),
            or one of these. With `not_permitted` the principal may not do this. With `gone` it was there, and is not
            any more.
        reason: Why, as a code with data; its words stand in the catalogue.
        field: The member of the request at fault, such as `numbers[0]`.
        retry: Whether the same request can succeed later without anybody mending anything.
    """

    def __init__(self, code: str, reason: Reason, *, field: str | None = None, retry: bool = False) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason
        self.field = field
        self.retry = retry

    @classmethod
    def of(cls, refused: Refused) -> "Refusal":
        """The domain's own refusal."""
        return cls(refused.code, refused.reason, field=refused.field, retry=refused.retry)

    @classmethod
    def not_found(cls, what: UnknownReason, key: str) -> "Refusal":
        """An address names what is not there."""
        return cls("not_found", what(key=key))

    @classmethod
    def unknown(cls, what: UnknownReason, key: object, field: str) -> "Refusal":
        """A member of the request names what is not there."""
        return cls("invalid", what(key=str(key)), field=field)


class Undecided(Refusal):
    """Whether the wish is carried out is not known: nothing may be taken back."""
