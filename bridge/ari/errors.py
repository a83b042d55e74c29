"""The faults between us and Asterisk, kept apart so that the caller can act on them."""

from bridge.ari.reasons import AsteriskReason
from bridge.domain.kernel.events import Fate
from bridge.ports import PortError

_DEVICE = "asterisk"


class AriError(PortError):
    """Asterisk answered a request with an error.

    Attributes:
        status: The HTTP status, or 0 when there was no answer.
        request: Method and path, without query.
    """

    fate_of_kind = Fate.REFUSED
    """The fate of a request that ends with this kind of error."""
    code_of_kind = AsteriskReason.REFUSED
    """The words for people."""

    def __init__(self, request: str, status: int, message: str, *, retry: bool = False) -> None:
        evidence = f"{request} gave {status}"
        super().__init__(
            _DEVICE,
            self.code_of_kind(),
            retry=retry,
            evidence=f"{message or 'no reason given'}; {evidence}",
            fate=self.fate_of_kind,
        )
        self.status = status
        self.request = request


class AriNotFound(AriError):
    """404: the channel, bridge, playback or recording is not there (any more)."""

    fate_of_kind = Fate.GONE
    code_of_kind = AsteriskReason.GONE


class AriConflict(AriError):
    """409: the id is in use, or the object is not in a state where this can be done."""


class AriNotInStasis(AriError):
    """422: the channel is not in our application (yet)."""


class AriRefused(AriError):
    """Any other 4xx: the request is wrong, or user and password are; asking again does not help."""


class AriUnavailable(AriError):
    """No answer in time, no connection, or a 5xx: whether the request was carried out is not known. Ask again: every
    request that makes something names it, so that the second one changes nothing."""

    fate_of_kind = Fate.UNKNOWN
    code_of_kind = AsteriskReason.NO_ANSWER

    def __init__(self, request: str, status: int, message: str) -> None:
        super().__init__(request, status, message, retry=True)


class AriReplaced(Exception):
    """Another controller has taken our application. This one must stop acting on Asterisk at once and for good.
    Asterisk does not fence the loser, and would still carry out its requests."""


def error_for(request: str, status: int, message: str) -> AriError:
    """The typed error for an HTTP status of 400 or more."""
    if status >= 500:
        return AriUnavailable(request, status, message)
    kinds: dict[int, type[AriError]] = {404: AriNotFound, 409: AriConflict, 422: AriNotInStasis}
    return kinds.get(status, AriRefused)(request, status, message)
