"""The person on duty is rung first, then the function's own numbers."""

from bridge.domain.callout.commands import NewTarget
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.records import TARGETS, TargetState
from bridge.domain.directory.duty import free_from, has_duty_within, on_duty, reach
from bridge.domain.directory.records import Function, Person, RotaEntry
from bridge.domain.kernel.ids import TargetId
from bridge.domain.kernel.policy import Policy
from bridge.domain.telephony.hours import Hours, NumberKind, NumberUse, person_of
from tests.harness.story import TRUNK, Story

OWN, MOBILE, HOME, DEPUTY = "+46846500401", "+46701740605", "+46846500402", "+46846500403"
TIB = Function("tib", "lst", "TiB", (OWN,))
PERSON = Person("p1", "lst", "Person Ett", (MOBILE, HOME), (NumberUse(MOBILE, NumberKind.MOBILE),))
DAY_S = 86_400.0


def entry(number: int, begins_at_s: float, ends_at_s: float, person: str = "p1", function: str = "tib") -> RotaEntry:
    return RotaEntry(f"rota-{number}", function, person, begins_at_s, ends_at_s, number)


def test_a_span_holds_from_its_begin_up_to_its_end() -> None:
    rota = [entry(1, 100, 200)]
    assert [on_duty(rota, "tib", at_s) is not None for at_s in (99, 100, 199, 200)] == [False, True, True, False]
    assert on_duty(rota, "other", 150) is None


def test_where_spans_overlap_the_one_that_was_entered_last_holds() -> None:
    rota = [entry(2, 120, 140, "p2"), entry(1, 100, 200, "p1")]
    assert [found.person_id for at_s in (110, 130, 150) if (found := on_duty(rota, "tib", at_s))] == ["p1", "p2", "p1"]


def test_the_persons_numbers_come_first_and_say_whose_they_are() -> None:
    numbers, uses = reach(TIB, PERSON)
    assert numbers == (MOBILE, HOME, OWN)
    assert [person_of(one, uses) for one in numbers] == ["Person Ett", "Person Ett", ""]
    assert uses[0].kind is NumberKind.MOBILE


def test_a_number_that_both_have_is_called_once_as_the_persons() -> None:
    both = Function("tib", "lst", "TiB", (OWN, MOBILE), number_uses=(NumberUse(OWN, NumberKind.FIXED),))
    numbers, uses = reach(both, PERSON)
    assert numbers == (MOBILE, HOME, OWN)
    assert [one.number for one in uses] == [MOBILE, HOME, OWN]


def test_without_anybody_on_duty_the_function_is_reached_as_before() -> None:
    assert reach(TIB, None) == ((OWN,), ())


def test_the_call_out_goes_from_the_person_to_the_function_and_then_to_the_deputy() -> None:
    story = Story(Policy(CalloutPolicy(trunks=(TrunkPolicy(name=TRUNK, calls_per_s=0, channels=10),))))
    story.opens()
    numbers, uses = reach(TIB, PERSON)
    deputy = NewTarget(TargetId("tgt-deputy"), "Ersättare", "Lst", (DEPUTY,), function_id="dep")
    target = NewTarget(
        TargetId("tgt-tib"), "TiB", "Lst", numbers, function_id="tib", number_uses=uses, deputies=(deputy,)
    )
    story.activates([], targets=(target,), rounds=1)
    for number in numbers:
        story.call_ends(number, 17)
    story.passes(1)
    assert story.dialled() == [MOBILE, HOME, OWN, DEPUTY]
    assert story.node[TARGETS][TargetId("tgt-tib")].state is TargetState.UNREACHABLE


def test_hours_of_the_persons_numbers_count_too() -> None:
    always = Person("p1", "lst", "Person Ett", (HOME,), (NumberUse(HOME, hours=(Hours((), "08:00", "09:00"),)),))
    _, uses = reach(TIB, always)
    assert uses == (NumberUse(HOME, hours=(Hours((), "08:00", "09:00"),), person="Person Ett"),)


def test_the_first_gap_of_a_rota_is_found_across_spans_that_meet_or_overlap() -> None:
    rota = [entry(1, 0, 100), entry(2, 100, 200), entry(3, 150, 300), entry(4, 400, 500)]
    assert free_from(rota, "tib", 50) == 300
    assert free_from(rota, "tib", 350) == 350
    assert free_from([], "tib", 50) is None


def test_nobody_on_duty_within_a_week_is_seen() -> None:
    assert has_duty_within([entry(1, 6 * DAY_S, 8 * DAY_S)], "tib", 0.0)
    assert not has_duty_within([entry(1, 8 * DAY_S, 9 * DAY_S)], "tib", 0.0)
    assert not has_duty_within([entry(1, 0, 5)], "tib", 5.0)
