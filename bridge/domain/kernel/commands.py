"""The commands of people. Each room declares its own; whoever gives a command mints the new ids."""


class Command:
    """Answered with `bridge.domain.kernel.replies.Done` or `Refused`."""

    __slots__ = ()
