"""Small pure functions by tables: permissions, canonical JSON, counts, texts, the floor."""

import hashlib
from dataclasses import replace

import pytest

from bridge.domain.access.permissions import PERMITTED, Act, permits
from bridge.domain.canonical import GENESIS, canonical_json, chained_hash
from bridge.domain.conference import floor as floors
from bridge.domain.conference.records import Floor, FloorMode, FloorRequest, RequestKind
from bridge.domain.kernel import phrases
from bridge.domain.kernel.again import FIRST_S, FORGET_S, LONGEST_S
from bridge.domain.kernel.ids import Gssi, ParticipantId, TerminalName
from bridge.domain.kernel.phrases import HIGHEST_NUMBER
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.principal import SYSTEM, AccessRole, Principal, PrincipalKind
from bridge.domain.kernel.reasons import MOST_DEPTH, GeneralReason, as_json, from_json
from bridge.domain.radio.policy import RadioPolicy, TerminalPolicy
from bridge.domain.shortdata.sdstext import MOST_PARTS, ONE_OCTETS, Coding, coding_of, most_characters, numbered, series
from bridge.domain.telephony.numbers import national

ANNA, BO, CARL, HOST = (ParticipantId(f"prt-{name}") for name in ("anna", "bo", "carl", "host"))


# --- who may do what ---


def somebody(*roles: AccessRole, organisations: frozenset[str] | None = None) -> Principal:
    return Principal("token:x", "x", PrincipalKind.TOKEN, frozenset(roles), organisations)


def test_an_act_is_permitted_to_whoever_has_one_of_its_roles_and_to_nobody_else() -> None:
    for act, roles in PERMITTED.items():
        for role in AccessRole:
            assert permits(somebody(role), act) is (role in roles), (act, role)
        assert permits(somebody(*AccessRole), act)
        assert not permits(somebody(), act)
    assert permits(SYSTEM, Act.CONFERENCE_OPEN)
    assert not permits(SYSTEM, Act.CONFERENCE_END)


@pytest.mark.parametrize(
    ("confined_to", "whose", "may"),
    [
        (None, None, True),
        (None, "kommunen", True),
        (frozenset({"kommunen"}), None, True),
        (frozenset({"kommunen"}), "kommunen", True),
        (frozenset({"kommunen"}), "regionen", False),
        (frozenset[str](), "kommunen", False),
    ],
)
def test_a_principal_that_is_confined_does_nothing_for_other_organisations(
    confined_to: frozenset[str] | None, whose: str | None, may: bool
) -> None:
    one = somebody(AccessRole.OPERATOR, organisations=confined_to)
    assert permits(one, Act.CONFERENCE_END, whose) is may
    assert not permits(replace(one, roles=frozenset()), Act.CONFERENCE_END, whose)


# --- one way to write a value ---


def test_a_value_is_written_in_one_way_and_chained_to_what_came_before() -> None:
    assert canonical_json({"b": [1, None, True], "a": "å\x00"}) == '{"a":"\\u00e5\\u0000","b":[1,null,true]}'
    with pytest.raises(ValueError, match=r"NaN|Out of range"):
        canonical_json(float("nan"))
    assert chained_hash(GENESIS, {"a": 1}) == hashlib.sha256(b"0" * 64 + b'{"a":1}').hexdigest()
    assert chained_hash("1" * 64, {"a": 1}) != chained_hash(GENESIS, {"a": 1})


def test_a_reason_inside_a_reason_is_read_back_to_a_depth_and_no_deeper() -> None:
    reason = GeneralReason.OK()
    for _ in range(MOST_DEPTH):
        reason = GeneralReason.NOTHING_CAN_BE_SAVED(cause=reason)
    assert from_json(as_json(reason)) == reason
    deeper = GeneralReason.NOTHING_CAN_BE_SAVED(cause=reason)
    assert from_json(as_json(deeper)) != deeper
    assert MOST_DEPTH == 8


# --- figures and counts ---


@pytest.mark.parametrize(("value", "said"), [(-1, 0), (0, 0), (1, 1), (198, 198), (199, 199), (200, 199), (5000, 199)])
def test_a_count_is_said_up_to_the_highest_that_is_recorded(value: int, said: int) -> None:
    assert phrases.number(value) == f"number/{said}"
    assert HIGHEST_NUMBER == 199


def test_what_failed_is_tried_again_after_a_second_at_most_half_a_minute_later_and_forgotten_after_a_minute() -> None:
    assert (FIRST_S, LONGEST_S, FORGET_S) == (1.0, 30.0, 60.0)


def test_the_figures_of_one_room_are_given_once() -> None:
    given = RadioPolicy(warn_s=40.0)
    assert Policy(given)[RadioPolicy] is given
    assert Policy()[RadioPolicy] == RadioPolicy()
    with pytest.raises(ValueError, match="RadioPolicy"):
        Policy(given, RadioPolicy())


@pytest.mark.parametrize(
    ("named", "gssi", "may"),
    [((), 2001, True), ((2001,), 2001, True), ((2002, 2001), 2001, True), ((2002,), 2001, False)],
)
def test_a_terminal_may_use_the_talkgroups_that_are_named_or_every_one(
    named: tuple[int, ...], gssi: int, may: bool
) -> None:
    policy = TerminalPolicy(TerminalName("a"), tuple(Gssi(one) for one in named))
    assert policy.may_use(Gssi(gssi)) is may


@pytest.mark.parametrize(
    ("number", "written"),
    [("+46771123456", "0771-12 34 56"), ("+4677112345", "0771-123 45"), ("+46771123", "0771-123")],
)
def test_digits_are_read_in_pairs_and_of_an_odd_count_the_first_three_together(number: str, written: str) -> None:
    assert national(number) == written


# --- texts ---


@pytest.mark.parametrize(
    ("text", "coding"), [("", Coding.LATIN1), ("åäö ÿ", Coding.LATIN1), ("€", Coding.UTF16), ("Ā", Coding.UTF16)]
)
def test_a_text_is_latin_where_every_character_has_a_place_in_it(text: str, coding: Coding) -> None:
    assert coding_of(text) is coding


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("x" * ONE_OCTETS, 1),
        ("x" * (ONE_OCTETS + 1), 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 33 + "xx", 1),
        ("x" * 133 + "€", 2),
    ],
)
def test_a_character_beyond_the_basic_plane_takes_four_octets(text: str, parts: int) -> None:
    assert len(series(text)) == parts
    assert "".join(series(text)) == text


def test_a_part_breaks_at_the_last_blank_or_end_of_line_that_fits() -> None:
    words = [part.partition(" ")[2] for part in numbered("a" * 100 + "\n" + "b" * 100)]
    assert words == ["a" * 100, "b" * 100]
    words = [part.partition(" ")[2] for part in numbered("a" * 10 + " " + "b" * 100 + "\n" + "c" * 100)]
    assert words == ["a" * 10 + " " + "b" * 100, "c" * 100]
    assert most_characters(Coding.LATIN1) == MOST_PARTS * 134


# --- the floor ---


def floor(mode: FloorMode, holder: ParticipantId | None = None, *queue: ParticipantId) -> Floor:
    requests = tuple(FloorRequest(one, RequestKind.ORDINARY, float(place)) for place, one in enumerate(queue))
    return Floor(mode, holder, requests, given_at_s=1.0 if holder else None)


OPEN, LECTURE, QUEUE = FloorMode.OPEN, FloorMode.LECTURE, FloorMode.QUEUE


@pytest.mark.parametrize(
    ("before", "mode", "host", "after"),
    [
        (floor(LECTURE, BO, CARL), OPEN, HOST, (None, (CARL,))),
        (floor(OPEN, BO, CARL), LECTURE, HOST, (HOST, (CARL,))),
        (floor(OPEN, BO, HOST, CARL), LECTURE, HOST, (HOST, (CARL,))),
        (floor(OPEN, BO, CARL), LECTURE, None, (None, (CARL,))),
        (floor(OPEN, BO, CARL, ANNA), QUEUE, HOST, (CARL, (ANNA,))),
        (floor(OPEN, BO), QUEUE, HOST, (None, ())),
    ],
)
def test_a_new_mode_keeps_the_queue_and_gives_the_word_by_its_own_rule(
    before: Floor, mode: FloorMode, host: ParticipantId | None, after: tuple[ParticipantId | None, tuple[str, ...]]
) -> None:
    new = floors.set_mode(before, mode, host, 9.0)
    assert (new.mode, new.holder, new.queue) == (mode, *after)
    assert new.given_at_s == (9.0 if new.holder else None)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (floor(OPEN, BO, CARL), (None, (CARL,))),
        (floor(LECTURE, BO, CARL), (HOST, (CARL,))),
        (floor(QUEUE, BO, CARL, ANNA), (CARL, (ANNA,))),
        (floor(QUEUE, BO), (None, ())),
    ],
)
def test_the_word_that_is_given_back_goes_on_by_the_mode(
    before: Floor, after: tuple[ParticipantId | None, tuple[str, ...]]
) -> None:
    released = floors.release(before, HOST, 9.0)
    assert (released.holder, released.queue) == after
    assert released.given_at_s == (9.0 if released.holder else None)
    assert floors.leave(before, BO, HOST, 9.0) == released, "and when its holder leaves"
    waiting = floors.leave(before, CARL, HOST, 9.0)
    assert (waiting.holder, waiting.given_at_s) == (BO, 1.0), "one who waited takes it from nobody"
    assert CARL not in waiting.queue


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (floor(OPEN, None), (None, (ANNA,))),
        (floor(LECTURE, None), (None, (ANNA,))),
        (floor(QUEUE, None), (ANNA, ())),
        (floor(QUEUE, BO), (BO, (ANNA,))),
        (floor(QUEUE, ANNA), (ANNA, ())),
        (floor(LECTURE, BO, ANNA, CARL), (BO, (ANNA, CARL))),
    ],
)
def test_the_word_is_asked_for_once_and_had_at_once_only_in_the_queue_where_it_is_free(
    before: Floor, after: tuple[ParticipantId | None, tuple[str, ...]]
) -> None:
    asked = floors.request(before, ANNA, 9.0)
    assert (asked.holder, asked.queue) == after
    assert asked.given_at_s == (1.0 if before.holder else 9.0 if asked.holder else None)


@pytest.mark.parametrize("mode", list(FloorMode))
def test_whoever_is_given_the_word_waits_for_it_no_more_and_is_heard(mode: FloorMode) -> None:
    given = floors.give(floor(mode, BO, CARL, ANNA), ANNA, 9.0)
    assert (given.holder, given.queue, given.given_at_s) == (ANNA, (CARL,), 9.0)
    assert floors.is_heard(given, ANNA)
    assert floors.is_heard(given, BO) is (mode is OPEN)
    assert not floors.is_heard(floor(mode), BO) or mode is OPEN
