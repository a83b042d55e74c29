"""The commands of a roll call, from API, console and CLI: each is carried out or refused, and audited."""

from bridge.domain.conference import orders
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.step import Step
from bridge.domain.rollcall import calling
from bridge.domain.rollcall.commands import EndRollCall, StartRollCall, TickRollCall
from bridge.domain.rollcall.reasons import RollCallReason
from bridge.domain.rollcall.records import ROLL_ENTRIES, RollCall


def start(step: Step, actor: str, command: StartRollCall) -> None:
    """While a roll call runs in the conference, it is the one that is answered."""
    conference = orders.running(step, command.conference)
    if conference is None:
        return
    under_way = calling.running(step, conference.id)
    if under_way is not None:
        step.reply = Done(under_way.id)
        return
    if not command.roll.expected:
        step.reply = Refused("conflict", RollCallReason.NOBODY_EXPECTED())
        return
    roll_call = RollCall(command.roll_call, conference.id, actor, step.at_s, summary_to=command.summary_to)
    step.put(roll_call)
    calling.begin(step, roll_call, command.roll)
    step.audit(actor, "roll_call.start", conference.id, expected=len(command.roll.expected))
    step.reply = Done(roll_call.id)


def tick(step: Step, actor: str, command: TickRollCall) -> None:
    roll_call = _under_way(step, command.conference)
    if roll_call is None:
        return
    entry = step.node[ROLL_ENTRIES].get(command.entry)
    if entry is None or entry.roll_call != roll_call.id or entry.deputy_for is not None:
        step.reply = Refused("not_found", RollCallReason.NO_SUCH_ENTRY(), "entry")
        return
    calling.tick(step, entry, command.present, actor)
    step.audit(actor, "roll_call.tick", roll_call.conference, function=entry.name, present=command.present)
    step.reply = Done(roll_call.id)


def end(step: Step, actor: str, command: EndRollCall) -> None:
    roll_call = _under_way(step, command.conference)
    if roll_call is None:
        return
    calling.end(step, roll_call)
    step.audit(actor, "roll_call.end", roll_call.conference)
    step.reply = Done(roll_call.id)


def _under_way(step: Step, conference: ConferenceId) -> RollCall | None:
    """The roll call that runs; else `step.reply` refuses."""
    if orders.running(step, conference) is None:
        return None
    found = calling.running(step, conference)
    if found is None:
        step.reply = Refused("conflict", RollCallReason.NO_ROLL_CALL())
    return found
