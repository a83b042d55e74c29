"""A patch in full: its refusals, all that is kept of it, each of its instants, and its end."""

from dataclasses import replace

import pytest

from bridge.domain.conference.commands import EndConference
from bridge.domain.conference.notes import ConferenceNote
from bridge.domain.conference.reasons import ConferenceReason
from bridge.domain.conference.records import Role
from bridge.domain.kernel.events import TimerDue
from bridge.domain.kernel.ids import (
    ChannelId,
    ConferenceId,
    Gssi,
    Issi,
    MixId,
    ParticipantId,
    PatchId,
    RecordingId,
    TerminalName,
)
from bridge.domain.kernel.journal import Audit, Note, NoteKind
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.timers import TimerKey
from bridge.domain.radio import prompts
from bridge.domain.radio.commands import AddPatch, ApprovePatch, ExtendPatch, KeyRadio, RemovePatch, SetPatch
from bridge.domain.radio.effects import ArmVoice, CeaseTransmit, ClosePath, OpenPath, SayOnAir, SetRadioHeard
from bridge.domain.radio.events import PathUp, TerminalState
from bridge.domain.radio.notes import RadioNote
from bridge.domain.radio.policy import RadioPolicy, TerminalPolicy
from bridge.domain.radio.reasons import PatchReason
from bridge.domain.radio.records import PATCHES, Keying, Patch, PatchState, Precedence
from bridge.domain.radio.timers import RadioTimer
from bridge.domain.saved import Saved
from tests.harness.restart import stored
from tests.harness.story import CONFERENCE, GROUP, MIX, PATCH, RADIO_VOICE, SPARE, TERMINAL, Story

HOST, BO = "host", "bo"
READY, ABSENT = TerminalState.READY, TerminalState.ABSENT
OTHER_PATCH = PatchId("pat-00000000000000000000000002")
OTHER_GROUP = Gssi(GROUP + 1)
OTHER_VOICE = ParticipantId("prt-radio00000000000000000002")
WISH = AddPatch(CONFERENCE, PATCH, RADIO_VOICE, TERMINAL, GROUP, "Ledning")
OTHER_WISH = AddPatch(CONFERENCE, OTHER_PATCH, OTHER_VOICE, SPARE, OTHER_GROUP, "Sjukvård")


def meeting(policy: Policy | None = None, terminals: tuple[TerminalName, ...] = (TERMINAL, SPARE)) -> Story:
    story = Story(policy, terminals=terminals)
    story.opens()
    story.joins(HOST, Role.HOST)
    story.joins(BO)
    for terminal in terminals:
        story.terminal_is(READY, terminal=terminal)
    return story


def patched(policy: Policy | None = None, **more: object) -> Story:
    story = meeting(policy)
    story.patches(**more)
    story.happens(PathUp(story.now_s, PATCH))
    story.forget_effects()
    return story


def notes(story: Story, kind: NoteKind) -> list[Note]:
    return [one for one in story.notes if isinstance(one, Note) and one.kind is kind]


def audited(story: Story, action: str) -> list[tuple[str, str, dict[str, object]]]:
    lines = [one for one in story.audited if isinstance(one, Audit) and one.action == action]
    return [(one.actor, one.object, dict(one.detail)) for one in lines]


def due(story: Story, kind: RadioTimer) -> None:
    """The timer was under way already when something else came."""
    story.happens(TimerDue(story.now_s, TimerKey(kind, PATCH)))


# --- refused ---


@pytest.mark.parametrize(
    ("wish", "refused"),
    [
        (
            replace(WISH, conference=ConferenceId("cnf-nobodys")),
            Refused("not_found", ConferenceReason.NO_OPEN_CONFERENCE(), "conference"),
        ),
        (
            replace(WISH, terminal=TerminalName("rakel-9")),
            Refused("invalid", PatchReason.NO_SUCH_TERMINAL(terminal="rakel-9"), "terminal"),
        ),
        (
            replace(WISH, terminals=(SPARE,)),
            Refused("invalid", PatchReason.TERMINAL_NOT_ALLOWED(terminal=TERMINAL, gssi=GROUP), "terminal"),
        ),
        (
            replace(WISH, gssi=OTHER_GROUP, terminal=None),
            Refused("conflict", PatchReason.ALREADY_PATCHED(gssi=OTHER_GROUP), "gssi"),
        ),
        (replace(WISH, terminal=SPARE), Refused("conflict", PatchReason.TERMINAL_IN_USE(terminal=SPARE), "terminal")),
        (
            replace(WISH, terminal=None, terminals=(SPARE,)),
            Refused("conflict", PatchReason.ALL_IN_USE(gssi=GROUP), "terminal", retry=True),
        ),
        (
            replace(WISH, terminal=None, terminals=(TerminalName("rakel-9"),)),
            Refused("not_allowed", PatchReason.NO_TERMINAL_ALLOWED(gssi=GROUP), "terminal"),
        ),
    ],
    ids=lambda one: one.reason.code if isinstance(one, Refused) else "",
)
def test_a_wish_that_cannot_be_met_is_refused_with_its_reason_and_its_field(wish: AddPatch, refused: Refused) -> None:
    story = meeting()
    story.asks(OTHER_WISH)
    before = story.node
    assert story.asks(wish) == refused
    assert story.node == before
    assert isinstance(story.asks(WISH), Done), "what can be met is"


def test_no_talkgroup_is_tied_to_a_meeting_that_is_over_nor_where_there_is_no_terminal() -> None:
    story = meeting()
    story.asks(EndConference(CONFERENCE))
    assert story.asks(WISH) == Refused("not_found", ConferenceReason.NO_OPEN_CONFERENCE(), "conference")
    story = meeting(terminals=())
    assert story.asks(replace(WISH, terminal=None)) == Refused("unavailable", PatchReason.NO_TERMINAL(), "terminal")
    waits = replace(WISH, terminal=None, approval_required=True)
    assert story.asks(waits) == Refused("unavailable", PatchReason.NO_TERMINAL(), "terminal"), "nor is it asked for"


@pytest.mark.parametrize(
    "command",
    [
        ApprovePatch(CONFERENCE, OTHER_PATCH),
        ExtendPatch(CONFERENCE, OTHER_PATCH, 600.0),
        SetPatch(CONFERENCE, OTHER_PATCH, Keying.KEY),
        RemovePatch(CONFERENCE, OTHER_PATCH),
        ApprovePatch(ConferenceId("cnf-other"), PATCH),
        ExtendPatch(ConferenceId("cnf-other"), PATCH, 600.0),
        SetPatch(ConferenceId("cnf-other"), PATCH, Keying.KEY),
        RemovePatch(ConferenceId("cnf-other"), PATCH),
    ],
    ids=lambda one: f"{type(one).__name__} {one.patch[-1]}",
)
def test_what_is_said_of_a_patch_that_the_meeting_has_not_is_refused(
    command: ApprovePatch | ExtendPatch | SetPatch | RemovePatch,
) -> None:
    story = patched()
    before = story.node
    assert story.asks(command) == Refused("not_found", PatchReason.NO_SUCH_PATCH())
    assert story.node == before


def test_a_patch_that_is_approved_or_removed_twice_is_so_once() -> None:
    story = meeting()
    story.asks(replace(WISH, approval_required=True))
    for _ in range(2):
        assert story.asks(ApprovePatch(CONFERENCE, PATCH), actor="colleague") == Done(PATCH)
    assert len(audited(story, "patch.approve")) == len(notes(story, RadioNote.PATCHED)) == 1
    assert len(story.done(OpenPath)) == 1


def test_a_wish_whose_terminal_was_taken_meanwhile_waits_on() -> None:
    story = meeting()
    story.asks(replace(WISH, approval_required=True))
    story.asks(replace(OTHER_WISH, terminal=TERMINAL))
    in_use = Refused("conflict", PatchReason.ALL_IN_USE(gssi=GROUP), "terminal", retry=True)
    assert story.asks(ApprovePatch(CONFERENCE, PATCH), actor="colleague") == in_use
    assert story.patch.state is PatchState.PENDING_APPROVAL
    story.asks(RemovePatch(CONFERENCE, OTHER_PATCH, at_once=True))
    assert story.asks(ApprovePatch(CONFERENCE, PATCH), actor="colleague") == Done(PATCH)


def test_a_terminal_named_in_a_wish_is_free_for_others_until_it_is_approved() -> None:
    story = meeting()
    story.asks(replace(WISH, approval_required=True))
    assert isinstance(story.asks(replace(OTHER_WISH, terminal=TERMINAL)), Done)


# --- all that is kept ---


def test_a_wish_is_kept_as_it_was_made() -> None:
    story = meeting()
    wish = replace(
        WISH,
        terminal=None,
        keying=Keying.FLOOR,
        precedence=Precedence.PHONE,
        approval_required=True,
        lease_s=900.0,
        idle_s=120.0,
        notice=False,
        spoken_end=True,
    )
    story.asks(wish, actor="tib")
    assert story.patch == Patch(
        PATCH,
        CONFERENCE,
        TerminalName(""),
        GROUP,
        RADIO_VOICE,
        "Ledning",
        state=PatchState.PENDING_APPROVAL,
        reason=PatchReason.WAITS_FOR_APPROVAL(),
        created_at_s=story.now_s,
        keying=Keying.FLOOR,
        precedence=Precedence.PHONE,
        asked_by="tib",
        lease_s=900.0,
        idle_s=120.0,
        notice=False,
        spoken_end=True,
    )
    asked = story.patch
    assert not [key for key in story.timers if isinstance(key.kind, RadioTimer)], "no lease runs yet"
    story.passes(60)
    story.asks(ApprovePatch(CONFERENCE, PATCH), actor="rsib")
    connected = replace(
        asked,
        terminal=TERMINAL,
        state=PatchState.IDLE,
        reason=None,
        approved_by="rsib",
        lease_until_s=story.now_s + 900.0,
        used_at_s=story.now_s,
        announced=True,
    )
    assert story.patch == connected
    assert audited(story, "patch.add") == [
        ("tib", PATCH, {"gssi": GROUP, "terminal": TERMINAL, "conference": CONFERENCE})
    ]


def test_after_a_restart_all_that_a_talk_left_in_the_patch_is_gone_and_all_that_was_agreed_stays() -> None:
    story = patched(lease_s=900.0, idle_s=120.0, spoken_end=True, keying=Keying.KEY)
    kept = stored(story.records)
    agreed = kept[Patch][0]
    loud = replace(
        agreed,
        state=PatchState.TRANSMITTING,
        talker=Issi(1234),
        voice_held=True,
        breaking_in=True,
        ending=True,
        looped=True,
        keyed_by=story.who(BO).id,
        talk_began_at_s=1.0,
        track=RecordingId("rec-1"),
        announced=False,
        used_at_s=1.0,
    )
    fresh = Story(saved=Saved.of(*(loud if isinstance(one, Patch) else one for one in kept)), now_s=story.now_s + 30)
    assert fresh.patch == replace(agreed, state=PatchState.OFFLINE, announced=True, used_at_s=story.now_s + 30)
    assert fresh.timers[TimerKey(RadioTimer.RADIO_LEASE, PATCH)] == story.now_s + 600.0
    assert fresh.timers[TimerKey(RadioTimer.RADIO_IDLE, PATCH)] == story.now_s + 30 + 120.0
    assert TimerKey(RadioTimer.RADIO_TAKEOVER, PATCH) in fresh.timers


def test_after_a_restart_a_wish_waits_on_and_a_farewell_is_cut_short() -> None:
    story = meeting()
    story.asks(replace(WISH, approval_required=True, lease_s=60.0))
    fresh = story.restarted()
    assert fresh.patch == story.patch
    assert not [key for key in fresh.timers if key.subject == PATCH]
    story = patched()
    story.asks(RemovePatch(CONFERENCE, PATCH))
    assert story.patch.closing
    fresh = story.restarted()
    assert fresh.done(ClosePath) == [ClosePath(PATCH)]
    assert fresh.done(CeaseTransmit) == [CeaseTransmit(TERMINAL)]
    assert [one for one in fresh.records if isinstance(one, Patch)][-1].state is PatchState.REMOVED


def test_a_change_changes_what_it_names_and_is_audited_as_it_is_then() -> None:
    story = patched(precedence=Precedence.PHONE, spoken_end=True)
    story.asks(SetPatch(CONFERENCE, PATCH, keying=Keying.KEY))
    assert (story.patch.keying, story.patch.precedence, story.patch.spoken_end) == (
        Keying.KEY,
        Precedence.PHONE,
        True,
    )
    story.asks(SetPatch(CONFERENCE, PATCH, precedence=Precedence.RADIO, spoken_end=False))
    assert (story.patch.keying, story.patch.precedence, story.patch.spoken_end) == (
        Keying.KEY,
        Precedence.RADIO,
        False,
    )
    assert audited(story, "patch.change") == [
        ("test", PATCH, {"keying": "key", "precedence": "phone", "spoken_end": True}),
        ("test", PATCH, {"keying": "key", "precedence": "radio", "spoken_end": False}),
    ]


@pytest.mark.parametrize("keying", list(Keying))
def test_a_key_that_is_held_is_held_on_only_where_it_is_keyed_by_key(keying: Keying) -> None:
    story = patched(keying=Keying.KEY)
    story.asks(KeyRadio(CONFERENCE, story.who(BO).id, True))
    story.asks(SetPatch(CONFERENCE, PATCH, keying=keying))
    assert (story.patch.keyed_by == story.who(BO).id) is (keying is Keying.KEY)


# --- instants ---


def test_a_lease_that_ran_out_while_nobody_looked_ends_at_once_and_one_nearly_over_too() -> None:
    story = patched(lease_s=900.0, notice=False)
    kept = stored(story.records)
    late = Story(saved=kept, now_s=story.now_s + 1000)
    assert late.timers[TimerKey(RadioTimer.RADIO_LEASE, PATCH)] == late.now_s
    early = Story(saved=kept, now_s=story.now_s + 899.5)
    due(early, RadioTimer.RADIO_LEASE)
    assert PATCH not in early.node[PATCHES]
    assert audited(early, "patch.remove")[0][0] == "samband: the lease is over"
    earlier = Story(saved=kept, now_s=story.now_s + 899.25)
    due(earlier, RadioTimer.RADIO_LEASE)
    assert earlier.timers[TimerKey(RadioTimer.RADIO_LEASE, PATCH)] == earlier.now_s + 0.75


def test_a_lease_that_was_lifted_has_no_timer_and_one_under_way_ends_nothing() -> None:
    story = patched(lease_s=900.0)
    story.asks(ExtendPatch(CONFERENCE, PATCH, None))
    assert TimerKey(RadioTimer.RADIO_LEASE, PATCH) not in story.timers
    due(story, RadioTimer.RADIO_LEASE)
    assert story.patch.state is PatchState.IDLE
    story.asks(ExtendPatch(CONFERENCE, PATCH, 600.0))
    assert story.patch.lease_until_s == story.now_s + 600.0
    assert [detail for _, _, detail in audited(story, "patch.extend")] == [{"lease_s": None}, {"lease_s": 600.0}]


def test_the_hosts_hear_why_a_talkgroup_is_given_back() -> None:
    story = patched(lease_s=300.0)
    story.passes(300)
    assert story.said_to(HOST)[-2:] == [prompts.RADIO_LEASE_OVER, prompts.RADIO_UNPATCHED]
    assert story.said_to(BO) == [prompts.RADIO_UNPATCHED]
    story = patched(idle_s=120.0)
    story.passes(120)
    assert story.said_to(HOST)[-2:] == [prompts.RADIO_IDLE, prompts.RADIO_UNPATCHED]
    assert audited(story, "patch.remove")[0][0] == "samband: not in use"


def test_unused_is_counted_from_the_latest_talk_either_way_and_while_somebody_talks_not_at_all() -> None:
    story = patched(idle_s=60.0)
    watch = TimerKey(RadioTimer.RADIO_IDLE, PATCH)
    story.passes(50)
    story.radio_user_talks()
    story.passes(10)
    assert story.timers[watch] == story.now_s + 60, "a radio user talks"
    story.radio_user_stops()
    story.passes(50)
    story.speech_begins()
    story.network_grants()
    story.passes(10)
    assert story.timers[watch] == story.now_s + 60, "the meeting talks"
    story.speech_drains()
    ended_s = story.now_s
    story.passes(59.9)
    assert not story.patch.closing
    story.passes(0.1)
    assert story.patch.closing
    assert story.now_s == pytest.approx(ended_s + 60)


def test_a_talkgroup_whose_terminal_is_away_is_unused_too() -> None:
    story = patched(idle_s=60.0)
    story.terminal_is(ABSENT)
    story.passes(60)
    assert PATCH not in story.node[PATCHES]


def test_without_a_limit_of_disuse_a_timer_under_way_removes_nothing() -> None:
    story = patched()
    due(story, RadioTimer.RADIO_IDLE)
    assert story.patch.state is PatchState.IDLE
    assert not [key for key in story.timers if key.kind is RadioTimer.RADIO_IDLE]


# --- the key ---


@pytest.mark.parametrize(
    ("who", "refused"),
    [
        ("nobody", Refused("not_found", ConferenceReason.NO_SUCH_PARTICIPANT())),
        ("elsewhere", Refused("not_found", ConferenceReason.NO_SUCH_PARTICIPANT())),
        ("coming in", Refused("conflict", PatchReason.ONLY_PRESENT_MAY_KEY())),
        ("talkgroup", Refused("conflict", PatchReason.ONLY_PRESENT_MAY_KEY())),
    ],
)
def test_only_telephones_in_the_meeting_key_its_radio(who: str, refused: Refused) -> None:
    story = patched(keying=Keying.KEY)
    elsewhere = ConferenceId("cnf-00000000000000000000000002")
    story.opens(conference=elsewhere, mix=MixId("mix-00000000000000000000000002"))
    other = story.joins("elsewhere", conference=elsewhere)
    line = story.calls("coming in")
    story.keys(line, "12345678#")
    story.code_is(line, CONFERENCE)
    people = {
        "nobody": ParticipantId("prt-nobody"),
        "elsewhere": other,
        "coming in": story.who("coming in").id,
        "talkgroup": RADIO_VOICE,
    }
    assert story.asks(KeyRadio(CONFERENCE, people[who], True)) == refused
    assert story.patch.keyed_by is None


def test_a_key_that_another_holds_is_denied_by_a_tone_and_may_be_tried_again() -> None:
    story = patched(keying=Keying.KEY)
    story.asks(KeyRadio(CONFERENCE, story.who(BO).id, True))
    denied = story.asks(KeyRadio(CONFERENCE, story.who(HOST).id, True))
    assert denied == Refused("conflict", PatchReason.KEYED_BY_ANOTHER(), retry=True)
    assert story.said_to(HOST) == [prompts.TONE_DENIED]
    assert story.patch.keyed_by == story.who(BO).id
    story.asks(SetPatch(CONFERENCE, PATCH, keying=Keying.VOICE))
    nothing = story.asks(KeyRadio(CONFERENCE, story.who(HOST).id, True))
    assert nothing == Refused("conflict", PatchReason.NOTHING_IS_KEYED())


def test_a_talkgroup_that_is_taken_leave_of_is_keyed_no_more() -> None:
    story = patched(keying=Keying.KEY)
    story.asks(KeyRadio(CONFERENCE, story.who(BO).id, True))
    story.asks(RemovePatch(CONFERENCE, PATCH))
    assert (story.patch.closing, story.patch.keyed_by) == (True, None)
    nothing = story.asks(KeyRadio(CONFERENCE, story.who(BO).id, True))
    assert nothing == Refused("conflict", PatchReason.NOTHING_IS_KEYED())


def test_a_key_is_heard_when_it_is_pressed_let_go_of_and_let_go_of_by_silence() -> None:
    story = patched(keying=Keying.KEY)
    story.keys(ChannelId(BO), "*0")
    story.keys(ChannelId(BO), "*0")
    story.keys(ChannelId(BO), "*0")
    story.passes(story.policy[RadioPolicy].key_silent_s)
    keyed, let_go = prompts.RADIO_KEYED, prompts.RADIO_UNKEYED
    assert story.said_to(BO) == [keyed, let_go, keyed, let_go]
    assert story.patch.keyed_by is None
    due(story, RadioTimer.RADIO_KEY)
    assert story.said_to(BO) == [keyed, let_go, keyed, let_go], "once"


@pytest.mark.parametrize("granted", [False, True], ids=["what was said waits", "it goes out"])
def test_a_key_is_looked_at_again_half_a_minute_after_it_was_in_use(granted: bool) -> None:
    story = patched(keying=Keying.KEY)
    story.asks(KeyRadio(CONFERENCE, story.who(BO).id, True))
    story.speech_begins()
    if granted:
        story.network_grants()
        story.node = replace(
            story.node, tables={**story.node.tables, PATCHES: {PATCH: replace(story.patch, voice_held=False)}}
        )
    due(story, RadioTimer.RADIO_KEY)
    assert story.patch.keyed_by == story.who(BO).id
    assert story.timers[TimerKey(RadioTimer.RADIO_KEY, PATCH)] == story.now_s + 30


# --- which terminal ---


@pytest.mark.parametrize(
    ("ready", "spares", "chosen"),
    [
        (("a", "b", "c"), (), "a"),
        (("b", "c"), (), "b"),
        (("b", "c"), ("b",), "c"),
        (("b",), ("b",), "b"),
        ((), ("a",), "b"),
        ((), ("a", "b", "c"), "a"),
    ],
)
def test_of_several_terminals_a_ready_one_is_taken_spares_last_else_by_name(
    ready: tuple[str, ...], spares: tuple[str, ...], chosen: str
) -> None:
    names = tuple(TerminalName(name) for name in "abc")
    policies = tuple(TerminalPolicy(TerminalName(name), spare=True) for name in spares)
    story = Story(Policy(RadioPolicy(terminals=policies)), terminals=names)
    story.opens()
    for name in ready:
        story.terminal_is(READY, terminal=TerminalName(name))
    story.asks(replace(WISH, terminal=None))
    assert story.patch.terminal == chosen


def spares(*names: str) -> Story:
    """A patch on the terminal that is not of them."""
    terminals = (TERMINAL, *(TerminalName(name) for name in names))
    policies = tuple(TerminalPolicy(TerminalName(name), spare=True) for name in names)
    story = meeting(Policy(RadioPolicy(terminals=policies)), terminals)
    story.patches()
    story.happens(PathUp(story.now_s, PATCH))
    story.forget_effects()
    return story


def test_the_spare_that_takes_over_is_told_with_both_and_has_everything_ordered_anew() -> None:
    story = spares("spare-b", "spare-a")
    story.radio_user_talks()
    story.asks(SetPatch(CONFERENCE, PATCH, keying=Keying.KEY))
    story.terminal_is(ABSENT)
    story.forget_effects()
    story.passes(story.policy[RadioPolicy].takeover_s)
    data = {"gssi": GROUP, "old": TERMINAL, "new": "spare-a"}
    [note] = notes(story, RadioNote.TERMINAL_REPLACED)
    assert (note.conference, note.participant, dict(note.detail)) == (CONFERENCE, RADIO_VOICE, data)
    assert audited(story, "patch.take_over") == [("samband", PATCH, data)]
    assert story.done(OpenPath) == [OpenPath(PATCH, TerminalName("spare-a"), MIX)]
    assert story.done(ArmVoice) == [ArmVoice(PATCH, False)], "the new path knows nothing of the old orders"
    assert story.said_to(HOST) == [prompts.RADIO_SPARE, prompts.RADIO_BACK]
    kept = [one for one in story.records if isinstance(one, Patch)][-1]
    assert kept.terminal == "spare-a", "on disk"


def test_a_spare_in_use_elsewhere_or_not_ready_does_not_take_over() -> None:
    story = spares("spare-a", "spare-b", "spare-c")
    story.asks(replace(OTHER_WISH, terminal=TerminalName("spare-a")))
    story.terminal_is(ABSENT, terminal=TerminalName("spare-b"))
    story.terminal_is(ABSENT)
    story.passes(story.policy[RadioPolicy].takeover_s)
    assert story.patch.terminal == "spare-c"


def test_a_failed_spare_gives_way_to_the_ordinary_terminal_that_is_back_rather_than_to_a_spare() -> None:
    story = spares("a-spare", "b-spare")
    takeover_s = story.policy[RadioPolicy].takeover_s
    story.terminal_is(ABSENT)
    story.passes(takeover_s)
    assert story.patch.terminal == "a-spare"
    story.terminal_is(READY)
    story.terminal_is(ABSENT, terminal=TerminalName("a-spare"))
    story.passes(takeover_s)
    assert story.patch.terminal == TERMINAL


@pytest.mark.parametrize("end", [False, True], ids=["it is back", "the farewell is said"])
def test_a_take_over_that_was_under_way_changes_no_terminal_that_need_not_be_replaced(end: bool) -> None:
    story = spares("spare-a")
    if end:
        story.asks(RemovePatch(CONFERENCE, PATCH))
        story.terminal_is(ABSENT)
    due(story, RadioTimer.RADIO_TAKEOVER)
    assert PATCH not in story.node[PATCHES] or story.patch.terminal == TERMINAL
    assert notes(story, RadioNote.TERMINAL_REPLACED) == []


# --- the end ---


def test_a_talkgroup_is_taken_leave_of_in_this_order() -> None:
    story = patched()
    story.radio_user_talks()
    story.radio_user_stops()
    story.forget_effects()
    story.asks(RemovePatch(CONFERENCE, PATCH))
    assert [type(one) for one in story.done(SetRadioHeard)] == [], "the gate is shut already"
    assert story.done(ArmVoice) == [ArmVoice(PATCH, False)]
    assert story.done(SayOnAir) == [SayOnAir(PATCH, (prompts.AIR_CLOSED,), story.conference.language)]
    assert story.timers[TimerKey(RadioTimer.RADIO_CLOSING, PATCH)] == story.now_s + 20
    left = notes(story, ConferenceNote.LEFT)
    assert [one.participant for one in left] == [RADIO_VOICE]
    assert (story.said_to(HOST), story.said_to(BO)) == ([prompts.RADIO_UNPATCHED], [prompts.RADIO_UNPATCHED])
    story.forget_effects()
    story.asks(RemovePatch(CONFERENCE, PATCH))
    assert story.done(CeaseTransmit) == [CeaseTransmit(TERMINAL)], "asked for again it is over at once"
    assert story.done(ClosePath) == [ClosePath(PATCH)]
    assert len(notes(story, RadioNote.UNPATCHED)) == 1


def test_nothing_is_left_of_a_talkgroup_that_is_let_go_of_in_the_middle_of_everything() -> None:
    story = patched(keying=Keying.KEY, lease_s=900.0, idle_s=60.0)
    story.asks(KeyRadio(CONFERENCE, story.who(BO).id, True))
    story.radio_user_talks(emergency=True)
    story.speech_begins()
    story.asks(RemovePatch(CONFERENCE, PATCH, at_once=True))
    assert not [key for key in story.timers if key.subject == PATCH]
    assert not [table for table, held in story.node.tables.items() if PATCH in held]
    assert story.done(SayOnAir) == []


def test_a_wish_that_is_refused_leaves_a_line_in_the_audit_and_no_word_in_the_meeting() -> None:
    story = meeting()
    story.asks(replace(WISH, terminal=None, approval_required=True))
    story.forget_effects()
    story.asks(RemovePatch(CONFERENCE, PATCH), actor="rsib")
    assert audited(story, "patch.remove") == [("rsib", PATCH, {"gssi": GROUP, "terminal": ""})]
    assert notes(story, RadioNote.UNPATCHED) == []
    assert (story.said_to(HOST), story.done(ClosePath)) == ([], [])
    assert PATCH not in story.node[PATCHES]


def test_a_meeting_in_which_nobody_is_hears_no_farewell() -> None:
    story = patched()
    for one in (HOST, BO):
        story.hangs_up(one)
    story.forget_effects()
    story.asks(RemovePatch(CONFERENCE, PATCH))
    assert story.done(SayOnAir), "the talkgroup does"
    assert (story.said_to(HOST), story.said_to(BO)) == ([], [])
