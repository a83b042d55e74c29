"""Starting and showing call-outs: shared by `activations` and `participants`."""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.api.conferences import NewConference, issued, open_one, opening_of
from bridge.api.parts import Parts, ask
from bridge.api.problems import Problem
from bridge.api.views import ActivationOut, activation_out
from bridge.domain.commands import CallOut, NewTarget, StartActivation
from bridge.domain.directory import ActivationList, Forum, Function, Organisation
from bridge.domain.ids import ActivationId, ConferenceId, TargetId
from bridge.domain.model import Activation, Conference, ConferenceState, Language


@dataclass(frozen=True, slots=True)
class NewActivation:
    key: str
    list_name: str
    targets: tuple[NewTarget, ...]
    ring_s: float = 30.0
    rounds: int = 3
    round_pause_s: float = 90.0
    exercise: bool = False
    list_id: str | None = None
    """The identity of what is called out: a list's id, `function:` and an id, or `number:` with the number and name.
    Called out to the same conference again while it runs, it is the same activation."""


async def targets_of_list(parts: Parts, list_: ActivationList) -> tuple[NewTarget, ...]:
    """Every function of the list, in its order. One without numbers stays in: the board says why it is not rung."""
    functions = {function.id: function for function in await parts.directory.list(Function)}
    organisations = {one.id: one.name for one in await parts.directory.list(Organisation)}
    found = (functions[key] for key in list_.function_ids if key in functions)
    return tuple(_target(parts, one, organisations.get(one.organisation_id, "")) for one in found)


async def target_of_function(parts: Parts, function: Function, language: Language | None) -> NewTarget:
    organisation = await parts.directory.get(Organisation, function.organisation_id)
    return _target(parts, function, organisation.name if organisation else "", language)


def _target(parts: Parts, function: Function, organisation: str, language: Language | None = None) -> NewTarget:
    return NewTarget(
        id=TargetId(parts.ids.mint("target")),
        function=function.name,
        organisation=organisation,
        numbers=function.numbers,
        language=language or function.language,
    )


async def activation_of_key(parts: Parts, key: str) -> ActivationId | None:
    """An activation started with this key before, running or finished."""
    for live in parts.control.node().activations.values():
        if live.key == key:
            return live.id
    past = await parts.archive.activation_by_key(key)
    return past[0].id if past else None


def start_of(parts: Parts, new: NewActivation, conference: ConferenceId) -> StartActivation:
    """The command that starts it, with a fresh id."""
    return StartActivation(
        activation=ActivationId(parts.ids.mint("activation")),
        key=new.key,
        conference=conference,
        list_name=new.list_name,
        targets=new.targets,
        ring_s=new.ring_s,
        rounds=new.rounds,
        round_pause_s=new.round_pause_s,
        exercise=new.exercise,
        list_id=new.list_id,
    )


async def start_in(parts: Parts, actor: str, new: NewActivation, conference: ConferenceId) -> tuple[ActivationId, bool]:
    """Start to an open conference. Gives the activation, and whether it was started now."""
    await open_one(parts, conference)
    start = start_of(parts, new, conference)
    activation = ActivationId(await ask(parts, actor, start))
    return activation, activation == start.activation


async def start_once(
    parts: Parts,
    actor: str,
    new: NewActivation,
    conference: ConferenceId | None,
    opening: NewConference,
) -> tuple[ActivationId, bool]:
    """Start, and open the conference where none is named, in one commit. The same key again starts and opens nothing.

    Args:
        conference: An open one.
        opening: How one is opened where none is named.

    Returns:
        The activation, and whether it was started now.
    """
    if (known := await activation_of_key(parts, new.key)) is not None:
        return known, False
    if conference is not None:
        return await start_in(parts, actor, new, conference)
    command = opening_of(parts, opening)
    start = start_of(parts, new, command.conference)
    async with issued(parts, actor, command.conference, opening):
        activation = ActivationId(await ask(parts, actor, CallOut(command, start)))
    if activation != start.activation:
        await parts.codes.withdraw(command.conference)
    return activation, activation == start.activation


async def opening_of_list(parts: Parts, list_: ActivationList, language: Language) -> NewConference:
    """How a conference is opened for a list: with its forum's name and defaults; without a forum by its own name."""
    forum = await forum_of_list(parts, list_)
    if forum is None:
        return NewConference(list_.name, language)
    return NewConference(forum.name, forum.language, forum.recorded, forum=forum.id)


async def forum_of_list(parts: Parts, list_: ActivationList) -> Forum | None:
    """The forum whose list it is."""
    return next((one for one in await parts.directory.list(Forum) if one.activation_list_id == list_.id), None)


def open_conference_of(parts: Parts, forum: Forum) -> Conference | None:
    """The forum's conference that is open now, the newest of several."""
    found = [
        one
        for one in parts.control.node().conferences.values()
        if one.forum == forum.id and one.state is not ConferenceState.ENDED
    ]
    return max(found, key=lambda one: one.created_at_s, default=None)


async def activation_view(parts: Parts, activation: ActivationId) -> ActivationOut:
    """With every target and attempt: the archive holds all attempts, the node the newest state.

    Raises:
        Problem: There is none.
    """
    views = await activation_views(parts, [activation])
    if not views:
        raise Problem.not_found("activation", activation)
    return views[0]


async def activation_views(parts: Parts, activations: Sequence[ActivationId]) -> list[ActivationOut]:
    """As `activation_view`, those that are known, in the order given."""
    past = await parts.archive.boards(activations)
    node = parts.control.node()
    views = []
    for key in activations:
        record, targets, attempts = past.get(key, (None, (), ()))
        newest: Activation | None = node.activations.get(key) or record
        if newest is None:
            continue
        called = {one.id: one for one in targets} | {
            one.id: one for one in node.targets.values() if one.activation == key
        }
        made = {one.id: one for one in attempts} | {
            one.id: one for one in node.attempts.values() if one.activation == key
        }
        views.append(activation_out(newest, list(called.values()), list(made.values())))
    return views
