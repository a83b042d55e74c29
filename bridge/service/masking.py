"""Telephone numbers as those see them who may not see numbers: the last two digits stay."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeVar, cast

from bridge.domain.access.permissions import Act, permits
from bridge.domain.callout.commands import NewTarget
from bridge.domain.callout.records import Activation, Attempt, Target
from bridge.domain.callout.review import Review
from bridge.domain.directory.coverage import Cover
from bridge.domain.directory.records import DirectoryEntry, Function, Person
from bridge.domain.directory.versions import Version
from bridge.domain.kernel.ids import TargetId
from bridge.domain.kernel.principal import Principal
from bridge.domain.kernel.reasons import Reason
from bridge.domain.outbox.records import OutboxMessage
from bridge.exchange import Plan
from bridge.exchange.members import Member
from bridge.exchange.plan import Change
from bridge.ports import Board

Entry = TypeVar("Entry", bound=DirectoryEntry)
Reached = TypeVar("Reached", Function, Person)
_DIGIT: Final = re.compile(r"\d(?=.*\d.*\d)")
"""Each but the last two."""
_NUMBER: Final = re.compile(r"\+?\d[\d -]{4,}")
HIDDEN_SIGN: Final = "•"


def masked(text: str) -> str:
    """Each digit but the last two is hidden."""
    return _DIGIT.sub(HIDDEN_SIGN, text)


def board_as_seen_by(principal: Principal, board: Board) -> Board:
    """A call-out, without the numbers that it calls for those who may not see them."""
    if permits(principal, Act.NUMBERS_READ):
        return board
    activation, targets, attempts = board
    signs = {one.id: _signs(one.numbers) for one in targets}
    return (
        _activation(activation),
        [_target(one, signs[one.id]) for one in targets],
        [_attempt(one, signs) for one in attempts],
    )


def review_as_seen_by(principal: Principal, review: Review) -> Review:
    """The same of a list that is looked at before it is called."""
    if permits(principal, Act.NUMBERS_READ):
        return review
    return replace(
        review,
        functions=_reviewed(review.functions),
        without_number=_reviewed(review.without_number),
        one_number=_reviewed(review.one_number),
        without_deputy=_reviewed(review.without_deputy),
    )


def messages_as_seen_by(principal: Principal, messages: Sequence[OutboxMessage]) -> Sequence[OutboxMessage]:
    """Messages, with numbers and addresses of those who get them hidden likewise."""
    if permits(principal, Act.NUMBERS_READ):
        return messages
    return [replace(one, to=_address(one.to)) for one in messages]


def sees_numbers(principal: Principal) -> bool:
    """Whether somebody sees whole numbers. An editor does, of the entries that they keep."""
    return permits(principal, Act.NUMBERS_READ)


def entry_as_seen_by(principal: Principal, entry: Entry) -> Entry:
    """An entry of the directory, its numbers hidden likewise."""
    if sees_numbers(principal):
        return entry
    function: DirectoryEntry = _reached(entry) if isinstance(entry, Function) else entry
    return cast("Entry", _reached(function) if isinstance(function, Person) else function)


def version_as_seen_by(principal: Principal, version: Version) -> Version:
    """A change of an entry. One number in the place of another with the same two digits looks like no change."""
    before, after = version.before, version.after
    return replace(
        version,
        before=entry_as_seen_by(principal, before) if before is not None else None,
        after=entry_as_seen_by(principal, after) if after is not None else None,
    )


def cover_as_seen_by(principal: Principal, cover: Cover) -> Cover:
    """How well a function is reached."""
    if sees_numbers(principal):
        return cover
    signs = _signs(cover.function.numbers)
    tried = tuple(replace(one, number=signs.get(one.number, masked(one.number))) for one in cover.numbers)
    return replace(cover, function=_reached(cover.function), numbers=tried)


def plan_as_seen_by(principal: Principal, shown: Plan) -> Plan:
    """The plan of a file that is to be accepted."""
    if sees_numbers(principal):
        return shown
    return replace(
        shown,
        rows=tuple(replace(one, changes=tuple(_changed(each) for each in one.changes)) for one in shown.rows),
        functions=tuple(_reached(one) for one in shown.functions),
    )


def reason_as_seen_by(principal: Principal, reason: Reason) -> Reason:
    """A reason that may tell a number."""
    return reason if sees_numbers(principal) else (_reason(reason) or reason)


def changes_numbers(present: DirectoryEntry | None, entry: DirectoryEntry) -> bool:
    """Whether an entry that takes the place of another one has other numbers."""
    if not isinstance(present, Function | Person) or not isinstance(entry, Function | Person):
        return False
    return (present.numbers, present.number_uses) != (entry.numbers, entry.number_uses)


# --- inside ---


def _reached(entry: Reached) -> Reached:
    signs = _signs(entry.numbers)
    uses = tuple(one._replace(number=signs.get(one.number, masked(one.number))) for one in entry.number_uses)
    return replace(entry, numbers=tuple(signs[one] for one in entry.numbers), number_uses=uses)


def _changed(change: Change) -> Change:
    """In words: a list of numbers, or their uses."""
    if change.member not in (Member.NUMBERS, Member.NUMBER_USES):
        return change
    return replace(change, before=_NUMBER.sub(_hidden, change.before), after=_NUMBER.sub(_hidden, change.after))


def _hidden(found: re.Match[str]) -> str:
    return masked(found[0])


def _signs(numbers: Iterable[str]) -> dict[str, str]:
    """Number → how it is shown. Two that would look alike are told apart by a count."""
    found: dict[str, str] = {}
    for one in numbers:
        sign = masked(one)
        alike = sum(other == sign or other.startswith(f"{sign} (") for other in found.values())
        found.setdefault(one, f"{sign} ({alike + 1})" if alike else sign)
    return found


def _activation(activation: Activation) -> Activation:
    list_id = activation.list_id
    return replace(
        activation,
        list_name=_name(activation.list_name),
        list_id=masked(list_id) if list_id is not None and list_id.startswith("number:") else list_id,
    )


def _target(target: Target, signs: Mapping[str, str]) -> Target:
    return replace(
        target,
        function=_name(target.function),
        numbers=tuple(signs[one] for one in target.numbers),
        number_uses=tuple(one._replace(number=signs.get(one.number, masked(one.number))) for one in target.number_uses),
        bad_numbers=frozenset(signs.get(one, masked(one)) for one in target.bad_numbers),
        left_out=frozenset(signs.get(one, masked(one)) for one in target.left_out),
        tried=frozenset(signs.get(one, masked(one)) for one in target.tried),
        rung=frozenset(signs.get(one, masked(one)) for one in target.rung),
        reason=_reason(target.reason),
    )


def _attempt(attempt: Attempt, signs: Mapping[TargetId, Mapping[str, str]]) -> Attempt:
    own = signs.get(attempt.target, {})
    return replace(attempt, number=own.get(attempt.number, masked(attempt.number)))


def _reviewed(targets: Sequence[NewTarget]) -> tuple[NewTarget, ...]:
    return tuple(
        replace(one, function=_name(one.function), numbers=tuple(_signs(one.numbers).values()), number_uses=())
        for one in targets
    )


def _reason(reason: Reason | None) -> Reason | None:
    """Numbers among what the reason tells."""
    if reason is None:
        return None
    data = (
        (key, masked(value) if isinstance(value, str) and _is_number(value) else value) for key, value in reason.data
    )
    return replace(reason, data=tuple(data))


def _name(name: str) -> str:
    """A person who was called by number has it for a name."""
    return masked(name) if _is_number(name) else name


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def _address(to: str) -> str:
    local, at, host = to.partition("@")
    return f"{HIDDEN_SIGN}{at}{host}" if at and local else masked(to)
