"""Call-outs (*inkallningar*): start by list, watch every target, cancel."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bridge.domain.access.permissions import Act, Reach, reach_of
from bridge.domain.callout.commands import (
    ApproveActivation,
    CallOut,
    CancelActivation,
    NewTarget,
    StartActivation,
    SteerTarget,
    TargetAct,
)
from bridge.domain.callout.forecast import Forecast, forecast
from bridge.domain.callout.outlook import Outlook, outlook
from bridge.domain.callout.records import (
    ACTIVATIONS,
    ATTEMPTS,
    TARGETS,
    Activation,
    AnswerLevel,
    Goal,
    TargetState,
)
from bridge.domain.callout.review import Review, review
from bridge.domain.callout.targets import has_deputy
from bridge.domain.conference.records import CONFERENCES, Conference, ConferenceState, Secrecy
from bridge.domain.directory.records import ActivationList, Forum, Function, Organisation
from bridge.domain.joint.commands import CallOutBeside
from bridge.domain.kernel.ids import ActivationId, ConferenceId, TargetId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.order import newest_first
from bridge.domain.kernel.principal import Principal
from bridge.domain.outbox.records import Bearer, OutboxMessage
from bridge.ports import Board
from bridge.service.beside import messages_beside
from bridge.service.conferences import NewConference, issued, opening_of, with_defaults
from bridge.service.lookups import open_one
from bridge.service.masking import board_as_seen_by, messages_as_seen_by, review_as_seen_by
from bridge.service.outbox import messages_of
from bridge.service.reach import OnDuty, on_duty_at
from bridge.service.reasons import ListReason, UnknownReason
from bridge.service.refusal import Refusal
from bridge.service.use_case import Ports, UseCases, ask, reaches, use_case


@dataclass(frozen=True, slots=True)
class NewActivation:
    """An activation that is to be started."""

    key: str
    list_name: str
    targets: tuple[NewTarget, ...]
    ring_s: float = 30.0
    rounds: int = 3
    round_pause_s: float = 90.0
    exercise: bool = False
    bearers: tuple[Bearer, ...] = ()
    """Messages beside the calls."""
    parallel: bool = False
    level: AnswerLevel | None = None
    quorum: int | None = None
    stops_at_quorum: bool = False
    goals: tuple[Goal, ...] = ()
    """As those of `StartActivation`."""
    also_lists: tuple[str, ...] = ()
    list_id: str | None = None
    """The identity of the call-out: a list's id, `function:` and an id, or `number:` with the number and name. The same
    identity to the same conference, while it runs, is the same activation."""


@dataclass(frozen=True, slots=True)
class FurtherList:
    """A list that is called out with another, in the same call-out. A figure that is `None` is as the list says."""

    list_id: str
    level: AnswerLevel | None = None
    quorum: int | None = None
    stops_at_quorum: bool | None = None


@dataclass(frozen=True, slots=True)
class ListCall:
    """A list that is to be called out. A figure that is `None` is as the list says."""

    list_id: str
    also: tuple[FurtherList, ...] = ()
    """A function on several of the lists is called once, at the most urgent of their levels."""
    key: str | None = None
    """The same key again starts nothing; `None`: a fresh one."""
    conference: ConferenceId | None = None
    """An open one; `None`: a new one with the defaults of the list's forum."""
    join_open: bool = False
    """With no conference named: to the one of the list's forum that is open already, where there is one."""
    name: str | None = None
    """The new conference's; `None`: its forum's, or the list's."""
    language: Language = Language.SV
    """The new conference's, where the list has no forum."""
    ring_s: float | None = None
    rounds: int | None = None
    round_pause_s: float | None = None
    parallel: bool | None = None
    level: AnswerLevel | None = None
    quorum: int | None = None
    stops_at_quorum: bool | None = None
    exercise: bool | None = None
    """`None`: as the conference is."""
    secrecy: Secrecy = Secrecy.OPEN
    """The new conference's."""
    bearers: tuple[Bearer, ...] = ()
    """Messages beside the calls, to each function's mobile telephones and e-mail."""


class Callouts(UseCases):
    @use_case(Act.ACTIVATION_READ, sifts=True)
    async def find(
        self, principal: Principal, *, conference: ConferenceId | None = None, limit: int = 100
    ) -> Sequence[Board]:
        """Newest first, the running ones and the finished. Each sees their own."""
        reach = reach_of(principal, Act.ACTIVATION_READ)
        kept = await self._ports.archive.activations(conference=conference, reach=reach, limit=limit)
        found = {one.id: one for one in kept}
        node = self._ports.control.node()
        running = [one for one in node[ACTIVATIONS].values() if conference in (None, one.conference)]
        found.update({one.id: one for one in running if reach is None or is_within(node, reach, one)})
        newest = newest_first(found.values(), lambda one: one.started_at_s)[:limit]
        boards = await boards_of(self._ports, [one.id for one in newest])
        return [board_as_seen_by(principal, one) for one in boards]

    @use_case(Act.ACTIVATION_READ)
    async def read(self, principal: Principal, activation: ActivationId) -> Board:
        """The board: every target with its state, reason and calls. Numbers are hidden from those who may not see
        them, here and in all that follows."""
        return await self._board(principal, activation)

    @use_case(Act.ACTIVATION_READ)
    async def messages(self, principal: Principal, activation: ActivationId) -> Sequence[OutboxMessage]:
        """The messages beside its calls, and their corrections, the oldest first."""
        return messages_as_seen_by(principal, await messages_of(self._ports, activation))

    @use_case(Act.ACTIVATION_READ)
    async def with_deputies(self, principal: Principal, activation: ActivationId) -> frozenset[TargetId]:
        """Its functions for which a deputy stands by who may be called."""
        node = self._ports.control.node()
        ours = [one for one in node[TARGETS].values() if one.activation == activation]
        return frozenset(one.id for one in ours if has_deputy(node, one))

    @use_case(Act.ACTIVATION_READ)
    async def forecast(self, principal: Principal, activation: ActivationId) -> tuple[Forecast, Outlook]:
        """How many functions will have been called by when, and what holds the call-out up. And how many will have
        answered by when, and whether its quorum comes."""
        record, targets, attempts = await board_of(self._ports, activation)
        node, now_s = self._ports.control.node(), self._ports.clock.now_s()
        return forecast(node, record, targets, attempts, now_s), outlook(node, record, targets, attempts, now_s)

    @use_case(Act.ACTIVATION_READ, sifts=True)
    async def review(
        self,
        principal: Principal,
        list_id: str,
        conference: ConferenceId | None = None,
        also: Sequence[FurtherList] = (),
    ) -> tuple[ActivationList, Forum | None, Review]:
        """A list before it is called out, with further ones: whom it would ring, and how that would go on. With its
        forum, if it has one.

        Raises:
            Refusal: There is no such list, or it is empty.
        """
        list_, forum, targets = await self._called(list_id)
        merged = await self._merged(ListCall(list_id, tuple(also)), list_, forum, targets)
        start = StartActivation(
            ActivationId("review"),
            "review",
            conference or ConferenceId("review"),
            merged.name,
            merged.targets,
            list_.ring_s,
            list_.rounds,
            list_.round_pause_s,
            parallel=list_.parallel,
            level=merged.first.level,
            goals=merged.goals,
        )
        found = review(self._ports.control.node(), start, self._ports.clock.now_s())
        return list_, forum, review_as_seen_by(principal, found)

    @use_case(Act.ACTIVATION_START)
    async def start(self, principal: Principal, call: ListCall) -> tuple[Board, bool]:
        """Call a list out, and open its conference where none is named, in one commit.

        Returns:
            The board, and whether it was started now: the same key again starts and opens nothing.

        Raises:
            Refusal: There is no such list or conference, a list is empty, or the engine refused.
        """
        list_, forum, targets = await self._called(call.list_id)
        merged = await self._merged(call, list_, forum, targets)
        conference = call.conference
        if conference is not None:
            await self._must_see(principal, Act.ACTIVATION_START, conference)
        if conference is None and call.join_open and forum is not None:
            conference = _open_conference_of(self._ports, forum)
        held = self._ports.control.node()[CONFERENCES].get(conference) if conference is not None else None
        new = NewActivation(
            key=call.key or self._ports.ids.mint("activation"),
            list_name=merged.name,
            list_id=list_.id,
            targets=merged.targets,
            ring_s=list_.ring_s if call.ring_s is None else call.ring_s,
            rounds=list_.rounds if call.rounds is None else call.rounds,
            parallel=list_.parallel if call.parallel is None else call.parallel,
            level=merged.first.level,
            quorum=merged.first.quorum,
            stops_at_quorum=merged.first.stops_at_quorum,
            goals=merged.goals,
            also_lists=merged.also_lists,
            round_pause_s=list_.round_pause_s if call.round_pause_s is None else call.round_pause_s,
            exercise=(held.exercise if held else False) if call.exercise is None else call.exercise,
            bearers=call.bearers,
        )
        opening = _opening(list_, forum, call.language)
        opening = replace(opening, name=call.name or opening.name, exercise=new.exercise, secrecy=call.secrecy)
        activation, started = await self._start_once(principal, new, conference, opening)
        return await self._board(principal, activation), started

    @use_case(Act.ACTIVATION_CANCEL)
    async def cancel(self, principal: Principal, activation: ActivationId) -> Board:
        """Ring nobody more, and end the calls under way."""
        await board_of(self._ports, activation)
        await self._ask(principal, CancelActivation(activation))
        return await self._board(principal, activation)

    @use_case(Act.ACTIVATION_APPROVE)
    async def approve(self, principal: Principal, activation: ActivationId) -> Board:
        """As another person than its starter, let it call what waits for approval.

        Raises:
            Refusal: There is none that goes on, or the principal has started it.
        """
        await board_of(self._ports, activation)
        await self._ask(principal, ApproveActivation(activation))
        return await self._board(principal, activation)

    @use_case(Act.ACTIVATION_STEER)
    async def steer(
        self, principal: Principal, activation: ActivationId, target: TargetId, act: TargetAct, note: str = ""
    ) -> Board:
        """Do something about one function: ring it now, at its next number, or its deputy; or mark it as reached.

        Raises:
            Refusal: There is no such function, number or deputy, or the function is in the meeting or answers now.
        """
        await board_of(self._ports, activation)
        await self._ask(principal, SteerTarget(activation, target, act, note))
        return await self._board(principal, activation)

    # --- inside ---

    async def _board(self, principal: Principal, activation: ActivationId) -> Board:
        return board_as_seen_by(principal, await board_of(self._ports, activation))

    async def _called(self, list_id: str) -> tuple[ActivationList, Forum | None, tuple[NewTarget, ...]]:
        """The list with its forum, and those whom it calls."""
        list_ = await self._ports.directory.get(ActivationList, list_id)
        if list_ is None:
            raise Refusal.unknown(UnknownReason.ACTIVATION_LIST, list_id, "activation_list_id")
        forum = await _forum_of(self._ports, list_)
        targets = await targets_of_list(self._ports, list_, forum)
        if not targets:
            raise Refusal("invalid", ListReason.LIST_IS_EMPTY(name=list_.name), field="activation_list_id")
        return list_, forum, targets

    async def _merged(
        self, call: ListCall, list_: ActivationList, forum: Forum | None, targets: Sequence[NewTarget]
    ) -> "_Merged":
        """All lists of a call-out as one. Each function is on it once."""
        parts = [(list_, _goal(list_, call), targets)]
        known = {call.list_id}
        for one in call.also:
            if one.list_id in known:
                continue
            known.add(one.list_id)
            further = await self._ports.directory.get(ActivationList, one.list_id)
            if further is None:
                raise Refusal.unknown(UnknownReason.ACTIVATION_LIST, one.list_id, "also")
            called = await targets_of_list(self._ports, further, forum)
            if not called:
                raise Refusal("invalid", ListReason.LIST_IS_EMPTY(name=further.name), field="also")
            parts.append((further, _goal(further, one), called))
        return merged_of(parts)

    async def _start_once(
        self, principal: Principal, new: NewActivation, conference: ConferenceId | None, opening: NewConference
    ) -> tuple[ActivationId, bool]:
        if (known := await _activation_of_key(self._ports, new.key)) is not None:
            return known, False
        if conference is not None:
            return await start_in(self._ports, principal, new, conference)
        command = opening_of(self._ports, principal, await with_defaults(self._ports, opening))
        start = _start_of(self._ports, new, command.conference)
        async with issued(self._ports, principal, command.conference, opening):
            call_out = CallOut(command, start)
            order = _with_messages(self._ports, new, call_out, None if _is_secret(command.secrecy) else command.name)
            activation = ActivationId(await self._ask(principal, order))
        if activation != start.activation:
            await self._ports.codes.withdraw(command.conference)
        return activation, activation == start.activation


def is_within(node: Node, reach: Reach, activation: Activation) -> bool:
    """Whether a call-out that goes on is theirs: to one of their meetings, or started by them. With a meeting that they
    handed over they give away its call-outs."""
    meeting = node[CONFERENCES].get(activation.conference)
    if meeting is None:
        return activation.started_by == reach.opened_by
    return reaches(reach, meeting) or (
        activation.started_by == reach.opened_by and meeting.handed_from != reach.opened_by
    )


async def start_in(
    ports: Ports, principal: Principal, new: NewActivation, conference: ConferenceId
) -> tuple[ActivationId, bool]:
    """Start to an open conference. Gives the activation, and whether it was started now."""
    held = await open_one(ports, conference)
    start = _start_of(ports, new, conference)
    exercise = replace(new, exercise=new.exercise or held.exercise)
    order = _with_messages(ports, exercise, start, None if _is_secret(held.secrecy) else held.name)
    activation = ActivationId(await ask(ports, principal, order))
    return activation, activation == start.activation


def _with_messages(
    ports: Ports, new: NewActivation, order: CallOut | StartActivation, name: str | None
) -> CallOut | StartActivation | CallOutBeside:
    """The order, with its messages in the same commit where any are asked for. `name`: the conference's, if it may be
    told."""
    if not new.bearers:
        return order
    start = order.activation if isinstance(order, CallOut) else order
    messages, links = messages_beside(
        ports, start.activation, new.targets, new.bearers, name=name, exercise=new.exercise
    )
    return CallOutBeside(order, messages, links)


def _is_secret(secrecy: Secrecy) -> bool:
    return secrecy is not Secrecy.OPEN


def _start_of(ports: Ports, new: NewActivation, conference: ConferenceId) -> StartActivation:
    return StartActivation(
        activation=ActivationId(ports.ids.mint("activation")),
        key=new.key,
        conference=conference,
        list_name=new.list_name,
        targets=new.targets,
        ring_s=new.ring_s,
        rounds=new.rounds,
        round_pause_s=new.round_pause_s,
        exercise=new.exercise,
        parallel=new.parallel,
        level=new.level,
        quorum=new.quorum,
        stops_at_quorum=new.stops_at_quorum,
        goals=new.goals,
        also_lists=new.also_lists,
        list_id=new.list_id,
    )


async def _activation_of_key(ports: Ports, key: str) -> ActivationId | None:
    """An activation started with this key before, running or finished."""
    for live in ports.control.node()[ACTIVATIONS].values():
        if live.key == key:
            return live.id
    past = await ports.archive.activation_by_key(key)
    return past[0].id if past else None


# --- several lists in one call-out ---


@dataclass(frozen=True, slots=True)
class _Merged:
    """Several lists as one.

    Attributes:
        name: Of all of them, to show.
        targets: Each function once, the most urgent first, with its level.
        first: The goal of one level, where there is no more than one.
        goals: The goals of several levels; empty: there is one.
        also_lists: The identities of the lists after the first.
    """

    name: str
    targets: tuple[NewTarget, ...]
    first: Goal
    goals: tuple[Goal, ...]
    also_lists: tuple[str, ...]


def merged_of(parts: Sequence[tuple[ActivationList, Goal, Sequence[NewTarget]]]) -> _Merged:
    """The lists in their order. A function that is on several is called at the most urgent of their levels. The
    quorums of lists of one level are added. Where a list of the level names none, all of the level are needed."""
    ranked = sorted(parts, key=lambda one: _URGENCY[one[1].level])
    targets: dict[str, NewTarget] = {}
    goals: dict[AnswerLevel | None, Goal] = {}
    for list_, goal, called in ranked:
        known = goals.get(goal.level)
        goals[goal.level] = goal if known is None else _added(known, goal)
        for one in called:
            targets.setdefault(one.function_id or f"{list_.id} {one.id}", replace(one, level=goal.level))
    with_some = [one for one in goals.values() if any(each.level is one.level for each in targets.values())]
    deputies = {one.function_id for one in targets.values()}
    return _Merged(
        name=" + ".join(one.name for one, _, _ in parts),
        targets=tuple(
            replace(one, deputies=tuple(each for each in one.deputies if each.function_id not in deputies))
            for one in targets.values()
        ),
        first=with_some[0],
        goals=tuple(with_some) if len(with_some) > 1 else (),
        also_lists=tuple(one.id for one, _, _ in parts[1:]),
    )


_URGENCY: Final = {AnswerLevel.DIRECT: 0, AnswerLevel.HOUR: 1, AnswerLevel.TWO_HOURS: 2, None: 3}


def _goal(list_: ActivationList, call: ListCall | FurtherList) -> Goal:
    """As the order says, else as the list does."""
    return Goal(
        call.level or list_.level,
        None,
        list_.quorum if call.quorum is None else call.quorum,
        list_.stops_at_quorum if call.stops_at_quorum is None else call.stops_at_quorum,
    )


def _added(one: Goal, other: Goal) -> Goal:
    quorum = None if one.quorum is None or other.quorum is None else one.quorum + other.quorum
    return one._replace(quorum=quorum, stops_at_quorum=one.stops_at_quorum and other.stops_at_quorum)


# --- the list, its targets and its forum ---


async def targets_of_list(ports: Ports, list_: ActivationList, forum: Forum | None = None) -> tuple[NewTarget, ...]:
    """Every function of the list, in its order, with its deputies who are not on the list themselves. One without
    numbers stays in: the board says why it is not rung."""
    functions = {function.id: function for function in await ports.directory.list(Function)}
    organisations = {one.id: one.name for one in await ports.directory.list(Organisation)}
    duty = await on_duty_at(ports.directory, ports.clock.now_s())

    def called(function: Function) -> NewTarget:
        return _target(ports, function, organisations.get(function.organisation_id, ""), duty)

    def deputies(function: Function) -> tuple[NewTarget, ...]:
        keys = (key for key in function.deputy_ids if key in functions and key not in list_.function_ids)
        return tuple(called(functions[key]) for key in keys)

    found = (functions[key] for key in list_.function_ids if key in functions)
    return tuple(replace(called(one), host_rank=host_rank(forum, one), deputies=deputies(one)) for one in found)


async def target_of_function(
    ports: Ports, function: Function, language: Language | None, forum: Forum | None = None
) -> NewTarget:
    """The function as a target, with its organisation's name, and its rank in the forum."""
    organisation = await ports.directory.get(Organisation, function.organisation_id)
    duty = await on_duty_at(ports.directory, ports.clock.now_s())
    target = _target(ports, function, organisation.name if organisation else "", duty, language)
    return replace(target, host_rank=host_rank(forum, function))


def host_rank(forum: Forum | None, function: Function) -> int | None:
    """The function's place among those who lead the forum's conferences without a host code."""
    ranked = forum.host_function_ids if forum is not None else ()
    return ranked.index(function.id) if function.id in ranked else None


def _target(
    ports: Ports, function: Function, organisation: str, duty: OnDuty, language: Language | None = None
) -> NewTarget:
    numbers, uses = duty.reach(function)
    return NewTarget(
        id=TargetId(ports.ids.mint("target")),
        function=function.name,
        organisation=organisation,
        numbers=numbers,
        number_uses=uses,
        language=language or function.language,
        function_id=function.id,
        issis=function.issis,
        email=duty.email(function),
        nobody_on_duty=duty.is_nobody(function),
    )


async def _forum_of(ports: Ports, list_: ActivationList) -> Forum | None:
    """The forum whose list it is."""
    return next((one for one in await ports.directory.list(Forum) if one.activation_list_id == list_.id), None)


def _opening(list_: ActivationList, forum: Forum | None, language: Language) -> NewConference:
    """With its forum's name and defaults; without a forum by the list's own name."""
    if forum is None:
        return NewConference(list_.name, language)
    return NewConference(forum.name, forum.language, forum.recorded, forum=forum.id)


def _open_conference_of(ports: Ports, forum: Forum) -> ConferenceId | None:
    """The forum's conference that is open now, the newest of several."""

    def is_open(one: Conference) -> bool:
        return one.forum == forum.id and one.state is not ConferenceState.ENDED

    found = [one for one in ports.control.node()[CONFERENCES].values() if is_open(one)]
    newest = newest_first(found, lambda one: one.created_at_s)
    return newest[0].id if newest else None


# --- the board ---


async def board_of(ports: Ports, activation: ActivationId) -> Board:
    """With every target and attempt: the archive holds all attempts, the node the newest state.

    Raises:
        Refusal: There is none.
    """
    boards = await boards_of(ports, [activation])
    if not boards:
        raise Refusal.not_found(UnknownReason.ACTIVATION, activation)
    return boards[0]


async def boards_of(ports: Ports, activations: Sequence[ActivationId]) -> list[Board]:
    """As `board_of`, those that are known, in the order given. Deputies are on it once they are called."""
    past = await ports.archive.boards(activations)
    node = ports.control.node()
    boards: list[Board] = []
    for key in activations:
        record, targets, attempts = past.get(key, (None, (), ()))
        newest = node[ACTIVATIONS].get(key) or record
        if newest is None:
            continue
        live_targets = {one.id: one for one in node[TARGETS].values() if one.activation == key}
        live_attempts = {one.id: one for one in node[ATTEMPTS].values() if one.activation == key}
        called = {one.id: one for one in targets} | live_targets
        shown = [one for one in called.values() if one.state is not TargetState.STANDBY]
        made = {one.id: one for one in attempts} | live_attempts
        boards.append((newest, shown, list(made.values())))
    return boards
