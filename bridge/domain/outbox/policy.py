"""The figures by which messages are sent."""

from dataclasses import dataclass

from bridge.domain.outbox.records import Bearer


@dataclass(frozen=True, slots=True)
class BearerPolicy:
    """A bearer that is set up. `messages_per_s` 0 means unlimited."""

    bearer: Bearer
    messages_per_s: float = 5.0
    at_once: int = 4
    """So many are with the bearer at the same time, at most."""


@dataclass(frozen=True, slots=True)
class OutboxPolicy:
    """Messages by SMS and e-mail."""

    bearers: tuple[BearerPolicy, ...] = ()
    """Those that are set up; a message by another one fails at once."""
    expires_s: float = 1800.0
    """A message that its bearer could not take within this is given up."""
    tries: int = 12
    retry_s: float = 2.0
    """After a refusal that may pass; doubled each time up to `retry_longest_s`."""
    retry_longest_s: float = 120.0
    receipt_s: float = 21_600.0
    """The receipt of an SMS is waited for as long. The gateway tries for six hours to hand one over."""
    most_waiting: int = 1000
    """With so many unsent messages another one is refused. One of a call-out has then failed: the calls go on."""

    def of(self, bearer: Bearer) -> BearerPolicy | None:
        """`None`: it is not set up."""
        return next((one for one in self.bearers if one.bearer is bearer), None)
