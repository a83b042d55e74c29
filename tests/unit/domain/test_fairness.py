"""The order of requests for the floor: by class, fair to organisations, and nobody waits for ever."""

from collections import Counter
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.conference import fairness
from bridge.domain.conference import floor as floors
from bridge.domain.conference.fairness import HALF_LIFE_S, MOST_PASSED, MOST_SHARES
from bridge.domain.conference.records import Floor, FloorMode, FloorRequest, RequestKind, Spoken
from bridge.domain.kernel.ids import ParticipantId

ASKED_FOR = [kind for kind in RequestKind if kind is not RequestKind.RETURNING]


def asks(name: str, since_s: float = 0.0, kind: RequestKind = RequestKind.ORDINARY) -> FloorRequest:
    """`name` begins with the organisation's letter."""
    return FloorRequest(ParticipantId(name), kind, since_s, name[0])


def order(*requests: FloorRequest, spoken: tuple[Spoken, ...] = (), holding: str = "", at_s: float = 0.0) -> list[str]:
    return [one.participant for one in fairness.in_order(requests, spoken, holding, at_s)]


def test_urgent_comes_before_a_reply_and_a_reply_before_the_ordinary() -> None:
    requests = [asks(f"{kind.value}", 1.0, kind) for kind in reversed(RequestKind)]
    assert order(*requests) == ["returning", "urgent", "reply", "ordinary"]


def test_the_organisation_that_has_spoken_least_comes_first_within_a_class() -> None:
    spoken = (Spoken("A", 300.0, 300.0, 0.0), Spoken("B", 100.0, 100.0, 0.0))
    assert order(asks("A1", 1.0), asks("B1", 2.0), asks("C1", 3.0), spoken=spoken) == ["C1", "B1", "A1"]
    urgent = asks("A2", 4.0, RequestKind.URGENT)
    assert order(asks("C1", 3.0), urgent, spoken=spoken) == ["A2", "C1"], "a class goes before a share"


def test_an_organisation_with_many_requests_alternates_with_one_that_has_few() -> None:
    many = [asks(f"A{place}", float(place)) for place in range(1, 4)]
    assert order(*many, asks("B1", 9.0), asks("B2", 10.0)) == ["A1", "B1", "A2", "B2", "A3"]
    assert order(*many, asks("B1", 9.0), holding="A") == ["B1", "A1", "A2", "A3"], "the running turn counts"


def test_a_long_turn_of_long_ago_weighs_less_than_a_short_one_of_now() -> None:
    spoken = fairness.counted((), "A", 300.0, 0.0)
    spoken = fairness.counted(spoken, "B", 100.0, 4 * HALF_LIFE_S)
    assert order(asks("B1", 1.0), asks("A1", 2.0), spoken=spoken, at_s=4 * HALF_LIFE_S) == ["A1", "B1"]
    assert [one.total_s for one in spoken] == [300.0, 100.0]


def test_the_known_shares_are_bounded_and_the_quietest_is_forgotten() -> None:
    spoken: tuple[Spoken, ...] = ()
    for number in range(MOST_SHARES + 1):
        spoken = fairness.counted(spoken, str(number), 2.0 if number != 7 else 1.0, 5.0)
    assert len(spoken) == MOST_SHARES
    assert "7" not in {one.share for one in spoken}


requests = st.builds(
    FloorRequest,
    participant=st.integers(0, 30).map(lambda number: ParticipantId(f"prt-{number}")),
    kind=st.sampled_from(RequestKind),
    since_s=st.floats(0, 100),
    share=st.sampled_from("ABC"),
    passed=st.integers(0, MOST_PASSED),
    away=st.booleans(),
)
shares = st.lists(
    st.builds(Spoken, st.sampled_from("ABC"), st.floats(0, 900), st.floats(0, 900), st.floats(0, 100)),
    max_size=3,
    unique_by=lambda one: one.share,
)


@given(st.lists(requests, max_size=8, unique_by=lambda one: one.participant), shares, st.sampled_from(["", "A"]))
def test_the_order_is_that_of_the_same_requests_and_ordering_it_again_changes_nothing(
    waiting: list[FloorRequest], spoken: list[Spoken], holding: str
) -> None:
    ordered = fairness.in_order(waiting, spoken, holding, 100.0)
    assert sorted(ordered) == sorted(waiting)
    assert fairness.in_order(ordered, spoken, holding, 100.0) == ordered


@given(
    st.lists(st.tuples(st.sampled_from("ABCDE"), st.sampled_from(ASKED_FOR), st.floats(0.5, 400)), max_size=60),
    st.sampled_from(FloorMode),
)
def test_nobody_is_passed_by_more_than_so_many_later_requests(
    asked: list[tuple[str, RequestKind, float]], mode: FloorMode
) -> None:
    """A flood of urgent requests: two for each turn."""
    floor, at_s, seen = Floor(mode, holder=ParticipantId("first"), given_at_s=0.0), 0.0, Watch()
    for number, (share, kind, turn_s) in enumerate(asked):
        at_s += 1.0
        floor = floors.request(floor, ParticipantId(f"{share}{number}"), at_s, kind, share)
        seen.asked[ParticipantId(f"{share}{number}")] = at_s
        if number % 2:
            at_s += turn_s
            floor = floors.give(floor, None, at_s)
            seen.taken(floor.holder)
    while floor.queue:
        at_s += 10.0
        floor = floors.give(floor, None, at_s)
        seen.taken(floor.holder)
    assert not seen.asked, "everybody has had the floor"
    assert max(seen.passed.values(), default=0) <= MOST_PASSED


@dataclass
class Watch:
    """Requests that stand, and how often a later one was met before each."""

    asked: dict[ParticipantId, float] = field(default_factory=dict)
    passed: Counter[ParticipantId] = field(default_factory=Counter)

    def taken(self, holder: ParticipantId | None) -> None:
        if holder is None:
            raise AssertionError("nobody got the floor")
        since_s = self.asked.pop(holder)
        self.passed.update(one for one, other_s in self.asked.items() if other_s < since_s)
