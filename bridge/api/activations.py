"""Starting and showing call-outs: shared by `activations` and `participants`."""

from dataclasses import dataclass

from bridge.api.conferences import NewConference, open_conference, open_one
from bridge.api.parts import Parts, ask
from bridge.api.problems import Problem
from bridge.api.views import ActivationOut, activation_out
from bridge.domain.commands import EndConference, NewTarget, StartActivation
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


async def start_activation(parts: Parts, actor: str, new: NewActivation, conference: ConferenceId) -> ActivationId:
    command = StartActivation(
        activation=ActivationId(parts.ids.mint("activation")),
        key=new.key,
        conference=conference,
        list_name=new.list_name,
        targets=new.targets,
        ring_s=new.ring_s,
        rounds=new.rounds,
        round_pause_s=new.round_pause_s,
        exercise=new.exercise,
    )
    return ActivationId(await ask(parts, actor, command))


async def start_once(
    parts: Parts,
    actor: str,
    new: NewActivation,
    conference: ConferenceId | None,
    opening: NewConference | None = None,
) -> tuple[ActivationId, bool]:
    """Start, and make the conference where none is named; the same key again starts nothing.

    Args:
        conference: An open one.
        opening: How one is made where none is named; as the list's name says when left out.

    Returns:
        The activation, and whether it was started now.
    """
    async with parts.opening:
        if (known := await activation_of_key(parts, new.key)) is not None:
            return known, False
        if conference is not None:
            await open_one(parts, conference)
            return await start_activation(parts, actor, new, conference), True
        opening = opening or NewConference(name=new.list_name, exercise=new.exercise)
        opened = await open_conference(parts, actor, opening)
        try:
            return await start_activation(parts, actor, new, opened.id), True
        except Problem:
            await ask(parts, actor, EndConference(opened.id))
            await parts.codes.withdraw(opened.id)
            raise


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
    node = parts.control.node()
    past = await parts.archive.activation(activation)
    record: Activation | None = node.activations.get(activation) or (past[0] if past else None)
    if record is None:
        raise Problem.not_found("activation", activation)
    targets = {one.id: one for one in past[1]} if past else {}
    attempts = {one.id: one for one in past[2]} if past else {}
    targets.update({one.id: one for one in node.targets.values() if one.activation == activation})
    attempts.update({one.id: one for one in node.attempts.values() if one.activation == activation})
    return activation_out(record, list(targets.values()), list(attempts.values()))
