"""Invitations go out by themselves: at the preparation of a meeting, at each change, and when it is cancelled."""

from dataclasses import replace

import pytest

from bridge.domain.callout.commands import CancelActivation, NewTarget, StartActivation
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.conference.commands import EndConference
from bridge.domain.kernel.events import EffectFailed, Fate
from bridge.domain.kernel.ids import ActivationId, MailingId, OutboxId, ScheduleId, TargetId
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.replies import Done
from bridge.domain.kernel.week import Weekday
from bridge.domain.mailings.effects import WriteMailing
from bridge.domain.mailings.events import MailingWritten, Written
from bridge.domain.mailings.reasons import MailingReason
from bridge.domain.mailings.records import MAILINGS, Mailing, MailingKind, MailingState
from bridge.domain.outbox.commands import NewMessage
from bridge.domain.outbox.effects import SendMessage
from bridge.domain.outbox.policy import BearerPolicy, OutboxPolicy
from bridge.domain.outbox.reasons import OutboxReason
from bridge.domain.outbox.records import OUTBOX, Bearer, OutboxMessage, OutboxState
from bridge.domain.schedule.commands import AddSchedule, ChangeSchedule, MoveDate, RemoveSchedule, SkipDate
from bridge.domain.schedule.records import SCHEDULES, Moved, Rule, Schedule
from tests.harness.reasons import because
from tests.harness.story import CONFERENCE, TRUNK, Story
from tests.unit.domain.test_schedule import at

ACTIVATION = ActivationId("act-00000000000000000000000001")
KEY = ScheduleId("sch-00000000000000000000000001")
THURSDAYS = Rule("2027-01-07", "16:00", (Weekday.TH,))
WEEKLY = Schedule(KEY, "", 0.0, "Veckomöte", THURSDAYS, "forum", invites=True)
SENDS = OutboxPolicy((BearerPolicy(Bearer.MAIL, 0, 4),))


def told(schedule: Schedule = WEEKLY, figures: OutboxPolicy = SENDS) -> Story:
    story = Story(Policy(figures), now_s=at("2027-01-05T12:00"))
    assert story.asks(AddSchedule(schedule)) == Done(KEY)
    return story


def changed(story: Story, **to: object) -> None:
    was = story.node[SCHEDULES][KEY]
    assert story.asks(ChangeSchedule(replace(was, **to))) == Done(KEY)  # type: ignore[arg-type]


def asked(story: Story, kind: MailingKind = MailingKind.INVITATION) -> list[tuple[str | None, int]]:
    """The date and the SEQUENCE of each mailing of a kind that was ordered, in order."""
    return [(one.mailing.on, one.mailing.sequence) for one in story.done(WriteMailing) if one.mailing.kind is kind]


def mailings(story: Story, kind: MailingKind = MailingKind.INVITATION) -> dict[str, Mailing]:
    """Each of a kind as it was last committed."""
    return {one.id: one for one in story.records if isinstance(one, Mailing) and one.kind is kind}


def letter(mailing: Mailing, function: str = "tib") -> NewMessage:
    return NewMessage(
        OutboxId(f"out-{mailing.id}-{function}"),
        Bearer.MAIL,
        f"{function}@example.se",
        "Inbjudan",
        mailing=mailing.id,
        mailing_on=mailing.on,
        function_id=function,
    )


def writes(story: Story) -> None:
    """The directory answers every order that has not been answered."""
    for mailing in list(story.node[MAILINGS].values()):
        is_invitation = mailing.kind is MailingKind.INVITATION
        written = Written((letter(mailing),), without_address=("VB",)) if is_invitation else Written()
        story.happens(MailingWritten(story.now_s, mailing.id, written))


def test_a_prepared_meeting_is_told_to_its_functions_at_once_with_one_mail() -> None:
    story = told()
    assert asked(story) == [(None, 0)]
    writes(story)
    [message] = story.node[OUTBOX].values()
    assert (message.to, message.state, message.function_id) == ("tib@example.se", OutboxState.SENDING, "tib")
    [mailing] = mailings(story).values()
    assert (mailing.state, mailing.messages, mailing.without_address) == (MailingState.QUEUED, 1, ("VB",))
    assert not story.node[MAILINGS], "the store keeps it"


def test_a_meeting_that_invites_nobody_by_itself_sends_nothing() -> None:
    story = told(replace(WEEKLY, invites=False))
    changed(story, name="Annat")
    story.asks(RemoveSchedule(KEY))
    assert asked(story) == []
    assert mailings(story) == {}


def test_a_change_is_one_mail_with_a_higher_sequence() -> None:
    story = told()
    writes(story)
    changed(story, name="Lägesmöte")
    assert asked(story) == [(None, 0), (None, 1)]


def test_a_change_of_nothing_that_an_invitation_tells_is_no_news() -> None:
    story = told()
    changed(story)
    assert asked(story) == [(None, 0)]


def test_a_skipped_date_and_a_moved_one_are_told_about_alone() -> None:
    story = told()
    story.asks(SkipDate(KEY, "2027-01-14"))
    story.asks(MoveDate(KEY, "2027-01-21", "2027-01-22", "09:00"))
    story.asks(SkipDate(KEY, "2027-01-14", False))
    assert asked(story) == [(None, 0), ("2027-01-14", 1), ("2027-01-21", 2), ("2027-01-14", 3)]


def test_a_calendar_that_takes_the_series_anew_is_told_of_its_moved_dates_again() -> None:
    story = told(replace(WEEKLY, rule=replace(THURSDAYS, moved=(Moved("2027-01-21", "2027-01-22", "09:00"),))))
    changed(story, name="Lägesmöte")
    assert asked(story) == [(None, 0), ("2027-01-21", 0), (None, 1), ("2027-01-21", 1)]


def test_a_meeting_that_is_cancelled_is_told_with_a_sequence_of_its_own() -> None:
    story = told()
    writes(story)
    story.asks(RemoveSchedule(KEY))
    assert asked(story) == [(None, 0), (None, 1)]


def test_a_meeting_whose_only_date_is_over_cancels_nothing_when_it_goes() -> None:
    story = told(replace(WEEKLY, rule=Rule("2027-01-07", "16:00"), open_before_s=0.0))
    story.passes(at("2027-01-09T12:00") - story.now_s)
    story.asks(RemoveSchedule(KEY))
    assert asked(story) == [(None, 0)]


def test_of_two_changes_in_a_row_only_the_last_is_written_and_sent() -> None:
    story = told()
    changed(story, name="Nytt")
    changed(story, name="Nyare")
    states = {one.sequence: one.state for one in mailings(story).values()}
    assert states == {0: MailingState.SUPERSEDED, 1: MailingState.SUPERSEDED, 2: MailingState.WRITING}
    story.happens(MailingWritten(story.now_s, asked_id(story, 0), Written((letter(ordered(story, 0)),))))
    assert not story.node[OUTBOX], "the answer about an older one changes nothing"
    writes(story)
    assert [one.mailing for one in story.node[OUTBOX].values()] == [asked_id(story, 2)]


def test_an_invitation_that_still_waits_is_withdrawn_by_a_later_one() -> None:
    figures = replace(SENDS, bearers=(BearerPolicy(Bearer.MAIL, 0, 1),))
    story = told(figures=figures)
    mailing = ordered(story, 0)
    both = (letter(mailing, "tib"), letter(mailing, "vb"))
    story.happens(MailingWritten(story.now_s, mailing.id, Written(both)))
    changed(story, name="Nytt")
    first, second = (next(r for r in reversed(story.records) if getattr(r, "id", "") == one.id) for one in both)
    assert first.state is OutboxState.SENDING, "it may arrive"  # type: ignore[attr-defined]
    assert (second.state, second.reason) == (OutboxState.WITHDRAWN, MailingReason.SUPERSEDED())  # type: ignore[attr-defined]


def test_killed_while_it_is_written_it_is_written_again_and_sent_once() -> None:
    story = told().restarted()
    assert asked(story) == [(None, 0)]
    mailing = ordered(story, 0)
    for _ in range(2):
        story.happens(MailingWritten(story.now_s, mailing.id, Written((letter(mailing),))))
    assert len(story.done(SendMessage)) == 1
    story = story.restarted()
    story.happens(MailingWritten(story.now_s, mailing.id, Written((letter(mailing),))))
    assert (asked(story), story.done(SendMessage)) == ([], []), "never twice for one SEQUENCE"


def test_a_directory_that_cannot_be_read_is_asked_again_and_the_reason_is_shown() -> None:
    story = told()
    story.happens(EffectFailed(story.now_s, story.done(WriteMailing)[0], Fate.REFUSED, because("away"), True))
    assert story.node[MAILINGS][asked_id(story, 0)].reason == because("away")
    story.passes(2.0)
    assert asked(story) == [(None, 0), (None, 0)]


def test_without_a_mail_server_the_mailing_is_kept_as_failed_and_the_meeting_is_prepared() -> None:
    story = told(figures=OutboxPolicy())
    [mailing] = mailings(story).values()
    assert (mailing.state, mailing.reason) == (MailingState.FAILED, OutboxReason.BEARER_OFF(bearer="mail"))
    assert story.node[SCHEDULES]


@pytest.mark.parametrize("days", [1, 30])
def test_a_date_that_is_past_is_no_news(days: int) -> None:
    """Exceptions of the past are let go when a schedule changes."""
    rule = replace(THURSDAYS, skipped=("2027-01-07",))
    story = told(replace(WEEKLY, rule=rule))
    story.passes(at("2027-01-07T16:00") + days * 86_400 - story.now_s)
    changed(story, rule=THURSDAYS)
    assert asked(story) == [(None, 0)]


def ordered(story: Story, sequence: int) -> Mailing:
    invitations = (one.mailing for one in story.done(WriteMailing) if one.mailing.kind is MailingKind.INVITATION)
    return next(one for one in invitations if one.sequence == sequence)


def asked_id(story: Story, sequence: int) -> MailingId:
    return ordered(story, sequence).id


# --- reminders ---


def reminded(story: Story) -> list[str | None]:
    return [on for on, _ in asked(story, MailingKind.REMINDER)]


def until(story: Story, when: str) -> None:
    story.passes(at(when) - story.now_s)


def test_functions_are_reminded_half_an_hour_before_each_date_and_once() -> None:
    story = told(replace(WEEKLY, remind_before_s=1800.0))
    until(story, "2027-01-07T15:29:59")
    assert reminded(story) == []
    until(story, "2027-01-07T15:30:01")
    assert reminded(story) == ["2027-01-07"]
    changed(story, name="Nytt")
    until(story, "2027-01-14T15:31")
    assert reminded(story) == ["2027-01-07", "2027-01-14"]


@pytest.mark.slow
def test_a_restart_reminds_nobody_twice_and_forgets_nobody() -> None:
    story = told(replace(WEEKLY, remind_before_s=1800.0))
    until(story, "2027-01-07T15:31")
    story = story.restarted()
    until(story, "2027-01-07T15:59")
    assert reminded(story) == ["2027-01-07"], "the first was killed before it was written, and is written again"
    writes(story)
    until(story, "2027-01-14T15:31")
    assert reminded(story) == ["2027-01-07", "2027-01-14"]


def test_a_meeting_in_ten_minutes_is_told_by_its_invitation_and_not_reminded_of_at_once() -> None:
    story = Story(Policy(SENDS), now_s=at("2027-01-07T15:50"))
    story.asks(AddSchedule(replace(WEEKLY, remind_before_s=1800.0)))
    assert reminded(story) == []
    until(story, "2027-01-14T15:31")
    assert reminded(story) == ["2027-01-14"]


def test_a_skipped_date_has_no_reminder_and_a_moved_one_has_it_at_its_new_time() -> None:
    story = told(replace(WEEKLY, remind_before_s=1800.0))
    story.asks(SkipDate(KEY, "2027-01-07"))
    story.asks(MoveDate(KEY, "2027-01-14", "2027-01-13", "09:00"))
    until(story, "2027-01-13T08:31")
    assert reminded(story) == ["2027-01-14"]


def test_a_reminder_that_was_not_written_before_the_meeting_is_not_sent_after_it() -> None:
    story = told(replace(WEEKLY, remind_before_s=1800.0))
    until(story, "2027-01-07T15:31")
    order = next(one for one in story.done(WriteMailing) if one.mailing.kind is MailingKind.REMINDER)
    until(story, "2027-01-07T16:01")
    story.happens(EffectFailed(story.now_s, order, Fate.REFUSED, because("away"), True))
    [mailing] = mailings(story, MailingKind.REMINDER).values()
    assert (mailing.state, mailing.reason) == (MailingState.FAILED, MailingReason.TOO_LATE())


# --- information ---


def call_out(story: Story, list_id: str | None = "regional") -> None:
    target = NewTarget(TargetId("tgt-1"), "TiB", "Länsstyrelsen", ("+46846500401",), function_id="tib")
    order = StartActivation(ACTIVATION, "key", CONFERENCE, "Regional", (target,), list_id=list_id)
    assert story.asks(order) == Done(ACTIVATION)


def informed(story: Story) -> list[MailingKind]:
    about = (one.mailing for one in story.done(WriteMailing))
    return [one.kind for one in about if one.activation == ACTIVATION]


def in_meeting() -> Story:
    trunk = TrunkPolicy(name=TRUNK, calls_per_s=0, channels=100)
    story = Story(Policy(SENDS, CalloutPolicy(trunks=(trunk,))))
    story.opens()
    return story


def test_a_call_out_is_told_when_it_starts_and_when_it_is_cancelled() -> None:
    story = in_meeting()
    call_out(story)
    assert informed(story) == [MailingKind.CALLOUT_STARTED]
    story.asks(CancelActivation(ACTIVATION))
    assert informed(story) == [MailingKind.CALLOUT_STARTED, MailingKind.CALLOUT_CANCELLED]


def test_a_call_out_that_ends_with_its_conference_is_told_as_cancelled_and_once() -> None:
    story = in_meeting()
    call_out(story)
    story.asks(EndConference(CONFERENCE))
    story.passes(60.0)
    assert informed(story) == [MailingKind.CALLOUT_STARTED, MailingKind.CALLOUT_CANCELLED]


def test_somebody_who_is_rung_into_a_meeting_is_no_call_out_of_a_list() -> None:
    story = in_meeting()
    call_out(story, list_id=None)
    assert informed(story) == []


def test_information_of_a_start_that_still_waits_is_not_sent_after_the_end() -> None:
    story = in_meeting()
    call_out(story)
    [started] = story.node[MAILINGS].values()
    letters = tuple(replace(letter(started, f"f{number}"), mailing=started.id) for number in range(6))
    story.happens(MailingWritten(story.now_s, started.id, Written(letters)))
    story.asks(CancelActivation(ACTIVATION))
    states = {one.id: one.state for one in story.records if isinstance(one, OutboxMessage)}
    assert sorted(states.values()) == [OutboxState.SENDING] * 4 + [OutboxState.WITHDRAWN] * 2


def test_a_meeting_is_told_to_those_who_chose_it_at_each_change() -> None:
    story = told(replace(WEEKLY, invites=False))
    changed(story, name="Annat")
    story.asks(SkipDate(KEY, "2027-01-14"))
    story.asks(RemoveSchedule(KEY))
    assert asked(story, MailingKind.MEETING) == [(None, 0), (None, 1), ("2027-01-14", 2), (None, 3)]
