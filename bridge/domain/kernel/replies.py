"""The answers to a command."""

from dataclasses import dataclass

from bridge.domain.kernel.reasons import Reason


@dataclass(frozen=True, slots=True)
class Done:
    """Carried out, or was already so. `subject` is the id it is about (for a repeated key: the first's)."""

    subject: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The command is not carried out; nothing has changed.

    `code` is the kind, stable and snake_case: `not_found`, `ended`, `not_allowed`, `conflict`, `invalid`,
    `unavailable`; `reason` says which of its kind.
    """

    code: str
    reason: Reason
    field: str | None = None
    retry: bool = False


Reply = Done | Refused
