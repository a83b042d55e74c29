"""A record that a step may change, and that the store must keep before anything is done about it."""


class Record:
    """A frozen dataclass with an id of its own. A change is a new value (`dataclasses.replace`).

    Instants are `…_at_s`, seconds since 1970 (UTC); `None` means "not yet".
    """

    __slots__ = ()
    id: str
