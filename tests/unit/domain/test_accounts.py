"""The rules of accounts, as values: codes by time, passwords, how long a login lasts, roles by claims."""

from dataclasses import replace

import pytest

from bridge.domain.access import passwords, totp
from bridge.domain.access.accounts import (
    Account,
    Limits,
    LoginBy,
    Session,
    TokenHolder,
    fault_of,
    is_live,
    keepers_left,
    principal_of_account,
    principal_of_token,
    roles_by_claims,
)
from bridge.domain.access.permissions import FRESH, Act, must_show_again, opener_of, permits, reach_of
from bridge.domain.kernel.principal import SYSTEM, AccessRole

RFC_SECRET = b"12345678901234567890"
COMMON = frozenset({"lösenord", "qwerty", "sommar", "abc"})
ANNA = Account("acc-1", "anna", "Anna", frozenset({AccessRole.KEEPER}), 0.0, "samband")
LOGIN = Session("ses-1", "acc-1", None, LoginBy.TOTP, 0.0, 0.0, 0.0, "10.0.0.1", "")


@pytest.mark.parametrize(
    ("now_s", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_by_time_are_those_of_rfc_6238(now_s: int, code: str) -> None:
    assert totp.code_of(RFC_SECRET, totp.step_at(now_s), digits=8) == code


def test_a_clock_may_be_one_step_off_and_no_more_and_a_step_works_once() -> None:
    now_s = 1_800_000_000.0
    now = totp.step_at(now_s)
    for off, taken in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        code = totp.code_of(RFC_SECRET, now + off)
        assert (totp.accepted(RFC_SECRET, code, now_s, -1) == now + off) is taken, off
    code = totp.code_of(RFC_SECRET, now)
    assert totp.accepted(RFC_SECRET, f"{code[:3]} {code[3:]}", now_s, now - 1) == now
    assert totp.accepted(RFC_SECRET, code, now_s, now) is None
    for typed in ("", "12345", "1234567", "abcdef", "１２３４５６"):
        assert totp.accepted(RFC_SECRET, typed, now_s, -1) is None


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("fjorton tecken", "password_too_short"),
        ("x" * 129, "password_too_long"),
        ("sommarsommar2027", "password_common"),
        ("Qwerty-lösenord-1", "password_common"),
        ("11111111111111111", "password_common"),
        ("anna1234567890anna", "password_common"),
        ("britta-britta-2027", "password_of_name"),
        ("fyra gula cyklar i regn", None),
        ("lösenordet är längre än så", None),
    ],
)
def test_a_password_is_long_and_not_one_that_many_use(password: str, reason: str | None) -> None:
    fault = passwords.fault_of(password, "britta", COMMON | {"anna"})
    assert (str(fault.code) if fault is not None else None) == reason


def test_a_login_ends_without_a_person_and_at_its_longest() -> None:
    limits = Limits(idle_s=1800, absolute_s=43_200)
    assert is_live(LOGIN, limits, 1799)
    assert not is_live(LOGIN, limits, 1800)
    assert is_live(replace(LOGIN, seen_at_s=43_000.0), limits, 43_199)
    assert not is_live(replace(LOGIN, seen_at_s=43_000.0), limits, 43_200)


@pytest.mark.parametrize("act", Act)
def test_a_person_shows_anew_who_they_are_before_some_acts_and_never_before_a_call_out(act: Act) -> None:
    person = principal_of_account(ANNA, LOGIN)
    assert not must_show_again(person, act, 300.0)
    assert must_show_again(person, act, 300.1) is (act in FRESH)
    assert not must_show_again(replace(person, session=None), act, 10_000.0), "a token is shown each time"
    assert FRESH.isdisjoint({Act.ACTIVATION_START, Act.ACTIVATION_CANCEL, Act.ACTIVATION_APPROVE, Act.CONFERENCE_OPEN})


def test_whichever_token_of_theirs_a_person_uses_they_are_the_same() -> None:
    scripts = [TokenHolder(name, 0.0, owner="anna") for name in ("ett", "två")]
    names = {principal_of_token(one, ANNA, reads_secrets=False).name for one in scripts}
    assert names == {principal_of_account(ANNA).name} == {"anna"}
    assert principal_of_token(TokenHolder("wis", 0.0), None, reads_secrets=False).name == "wis"


def test_a_token_that_lists_permissions_has_those_and_no_others() -> None:
    listed = TokenHolder("wis", 0.0, permissions=frozenset({"conference.read", "account.change"}))
    program = principal_of_token(listed, None, reads_secrets=False)
    assert {act for act in Act if permits(program, act)} == {Act.CONFERENCE_READ}, "and none that no token can have"
    everything = principal_of_token(TokenHolder("operator", 0.0), None, reads_secrets=False)
    assert permits(everything, Act.ACCOUNT_CHANGE)


def sees(account: Account, meeting: str, forum: str | None = None, opened_by: str | None = "bo") -> bool:
    reach = reach_of(principal_of_account(account), Act.CONFERENCE_READ)
    return reach is None or reach.holds(meeting, forum, opened_by)


def test_an_account_that_names_forums_and_meetings_sees_these_and_what_it_opened() -> None:
    for role in (AccessRole.LISTENER, AccessRole.COORDINATOR, AccessRole.HOST):
        named = replace(ANNA, roles=frozenset({role}), forums=frozenset({"f"}), meetings=frozenset({"m"}))
        assert sees(named, "x", "f")
        assert sees(named, "m")
        assert sees(named, "x", None, "anna")
        assert not sees(named, "x", "g")
        assert not sees(named, "x")
        assert not sees(named, "x", None, None)


def test_a_host_sees_what_they_opened_and_what_no_person_opened() -> None:
    host = replace(ANNA, roles=frozenset({AccessRole.HOST}))
    assert sees(host, "x", "f", "anna")
    assert sees(host, "x", "f", None), "the schedule opened it, and somebody has to lead it"
    assert not sees(host, "x", "f", "bo")


def test_a_host_who_has_another_role_that_reads_meetings_sees_them_all() -> None:
    for role in (AccessRole.COORDINATOR, AccessRole.KEEPER, AccessRole.REGISTRAR):
        assert sees(replace(ANNA, roles=frozenset({AccessRole.HOST, role})), "x", "f", "bo")
    host_and_keeper = principal_of_account(replace(ANNA, roles=frozenset({AccessRole.HOST, AccessRole.KEEPER})))
    assert reach_of(host_and_keeper, Act.CONFERENCE_LOCK) is not None, "a keeper locks no meeting"


def test_a_meeting_is_of_the_person_who_opened_it_and_of_no_program() -> None:
    assert opener_of(principal_of_account(ANNA)) == "anna"
    wis = TokenHolder("wis", 0.0, permissions=frozenset({"conference.open"}))
    assert opener_of(principal_of_token(wis, None, reads_secrets=False)) is None
    assert opener_of(principal_of_token(wis, ANNA, reads_secrets=False)) == "anna"
    assert opener_of(SYSTEM) is None


def test_a_role_that_is_nothing_without_a_scope_is_not_given_without_it() -> None:
    def fault(role: AccessRole, **scope: frozenset[str] | None) -> str | None:
        scopes = {"organisations": None, "forums": None, "meetings": None} | scope
        found = fault_of("anna", [role], **scopes)
        return found[0] if found is not None else None

    assert fault(AccessRole.LISTENER) == "forums"
    assert fault(AccessRole.LISTENER, meetings=frozenset({"m"})) is None
    assert fault(AccessRole.DIRECTORY_EDITOR, organisations=frozenset()) == "organisations"
    for role in (AccessRole.SYSTEM, AccessRole.OPERATOR, AccessRole.SERVICE, AccessRole.LINK):
        assert fault(role) == "roles", "no account has it"
    for name in ("", "a", "Anna", "a b", "a" * 65, "-a", "a\n"):
        assert fault_of(name, [AccessRole.HOST], None, None, None) is not None, name


def test_an_account_for_emergencies_is_no_keeper_that_is_left() -> None:
    glass = replace(ANNA, id="acc-2", break_glass=True)
    assert not keepers_left([ANNA, glass], "acc-1")
    assert keepers_left([ANNA, replace(glass, break_glass=False)], "acc-1")


@pytest.mark.parametrize(
    ("claims", "roles"),
    [
        ({"groups": ["a", "b", "x"]}, {AccessRole.HOST, AccessRole.KEEPER}),
        ({"groups": "a"}, {AccessRole.HOST}),
        ({"groups": [["a"], 1, None]}, set()),
        ({"groups": {"a": True}}, set()),
        ({}, set()),
        ({"groups": ["system"]}, set()),
    ],
)
def test_roles_follow_the_values_of_a_claim(claims: dict[str, object], roles: set[AccessRole]) -> None:
    assert roles_by_claims(claims, "groups", {"a": "host", "b": "keeper", "system": "system"}) == roles
