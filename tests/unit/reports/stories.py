"""A call-out that was played through the domain, and large ones that were made up."""

from bridge.domain.callout.commands import NewTarget, StartActivation
from bridge.domain.callout.records import (
    Activation,
    ActivationState,
    Attempt,
    AttemptResult,
    AttemptState,
    Target,
    TargetState,
)
from bridge.domain.conference.records import Conference, Seat
from bridge.domain.kernel.ids import ActivationId, AttemptId, ConferenceId, TargetId, TrunkName
from bridge.domain.kernel.records import Record
from bridge.domain.telephony.events import MixJoined
from bridge.reports import Quorum, Report, Stretch, report_of
from tests.harness.story import CONFERENCE, MIX, Story

BEGAN_S = 1_800_000_000.0
"""2027-01-15 09:00:00 in Stockholm."""
NO_ANSWER, BUSY, HUNG_UP = 19, 17, 16
FIRST, SECOND, OTHER, THIRD, FOURTH = (f"+468465004{last}" for last in ("01", "02", "03", "04", "05"))
ACTIVATION = ActivationId("act-00000000000000000000000001")
LEADS = ("Länsstyrelsen", "Tjänsteman i beredskap")


def played(organisation: str = "Länsstyrelsen") -> tuple[Story, Report]:
    """Four functions: one comes by its second number, one at once, one comes later, and one is busy.

    After 1 s the first rings, and the last is busy. After 5 s the second comes, and the third presses 2. After 21 s the
    first has not answered. After 30 s it comes by its second number.
    """
    story = Story()
    story.opens()
    targets = [(organisation, LEADS[1], (FIRST, SECOND)), ("Region Mitt", "TiB", (OTHER,))]
    targets += [("Polisen", "RLC", (THIRD,)), ("SOS Alarm", "Vakthavande", (FOURTH,))]
    new = tuple(
        NewTarget(TargetId(f"tgt-{index:026d}"), function, name, numbers)
        for index, (name, function, numbers) in enumerate(targets)
    )
    story.asks(StartActivation(ACTIVATION, "key", CONFERENCE, "Länssamverkan", new, rounds=1), actor="operator")
    story.passes(1)
    story.rings(FIRST)
    story.call_ends(FOURTH, BUSY)
    story.passes(4)
    _comes(story, OTHER)
    line = story.answers(THIRD)
    story.keys(line, "2")
    story.prompt_ends(line)
    story.call_ends(THIRD, HUNG_UP)
    story.passes(16)
    story.call_ends(FIRST, NO_ANSWER)
    story.passes(9)
    _comes(story, SECOND)
    return story, kept(story)


def _comes(story: Story, number: str) -> None:
    line = story.answers(number)
    story.keys(line, "1")
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))


def kept(story: Story, quorum: Quorum | None = None, spoken: tuple[Stretch, ...] = ()) -> Report:
    """The report of what the story committed."""
    latest: dict[tuple[type[Record], str], Record] = {(type(one), one.id): one for one in story.records}
    kinds = Activation, Target, Attempt, Conference, Seat

    def of(kind: type[Record]) -> list[Record]:
        return [one for one in latest.values() if isinstance(one, kind)]

    activations, targets, attempts, conferences, seats = (of(kind) for kind in kinds)
    return report_of(activations[0], targets, attempts, conferences[0], seats, quorum, spoken)  # type: ignore[arg-type]


def large(functions: int, calls: int) -> Report:
    """Every third function is never reached; the others answer the last of their calls."""
    activation = Activation(ACTIVATION, "key", ConferenceId("cnf-1"), "Alla", "operator", BEGAN_S, ActivationState.DONE)
    targets, attempts = [], []
    for index in range(functions):
        key = TargetId(f"tgt-{index}")
        is_reached = index % 3 != 0
        state = TargetState.JOINED if is_reached else TargetState.UNREACHABLE
        targets.append(Target(key, ACTIVATION, index, "TiB", f"Organisation {index}", (FIRST,), state=state))
        attempts += [_call(key, number, number == calls - 1 and is_reached) for number in range(calls)]
    conference = Conference(ConferenceId("cnf-1"), "Alla", "+46855555555", BEGAN_S)
    return report_of(activation, targets, attempts, conference)


def _call(target: TargetId, number: int, joined: bool) -> Attempt:
    at_s = BEGAN_S + 30 * number
    return Attempt(
        id=AttemptId(f"leg-{target}-{number}"),
        target=target,
        activation=ACTIVATION,
        number=FIRST,
        trunk=TrunkName("operator"),
        state=AttemptState.ENDED,
        result=AttemptResult.JOINED if joined else AttemptResult.NO_ANSWER,
        cause=HUNG_UP if joined else NO_ANSWER,
        intent_at_s=at_s,
        ringing_at_s=at_s + 1,
        answered_at_s=at_s + 9 if joined else None,
        ended_at_s=at_s + 20,
    )
