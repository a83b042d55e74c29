"""Links in messages are good until they expire, and for five wrong codes."""

import pytest

from bridge.domain.callout.written_answers import Written, WrittenAnswer
from bridge.domain.joint.commands import AnswerByLink
from bridge.domain.kernel.ids import LinkId, MailingId
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.links import keeping
from bridge.domain.links.commands import CountWrongCode, MarkUsed
from bridge.domain.links.reasons import LinkReason
from bridge.domain.links.records import LINKS, Link, LinkKind
from bridge.domain.mailings.effects import WriteMailing
from bridge.domain.mailings.events import MailingWritten
from bridge.domain.mailings.events import Written as WrittenMailing
from bridge.domain.mailings.policy import MailingPolicy
from bridge.domain.outbox import gsm, marks
from bridge.domain.outbox.policy import BearerPolicy, OutboxPolicy
from bridge.domain.outbox.records import Bearer
from bridge.domain.schedule.commands import AddSchedule, RemoveSchedule
from bridge.domain.schedule.records import NO_WORDS, Rule, Schedule, Smarr
from tests.harness.story import Story
from tests.unit.domain.test_schedule import KEY, at

ONE = LinkId("aaaaaaaaaa")
SENDS = Policy(OutboxPolicy((BearerPolicy(Bearer.MAIL, 0, 4),)), MailingPolicy(can_link=True, report_before_s=86_400.0))


def link(story: Story, key: str = ONE, lasts_s: float = 3600.0) -> Link:
    return Link(LinkId(key), LinkKind.REPORT, story.now_s, story.now_s + lasts_s, meeting="sch-1.2027-01-07")


def asked(smarr: Smarr = NO_WORDS) -> Story:
    story = Story(SENDS, now_s=at("2027-01-05T12:00"))
    story.asks(AddSchedule(Schedule(KEY, "", 0.0, "Möte", Rule("2027-01-07", "16:00"), "forum", smarr=smarr)))
    return story


def questions(story: Story) -> list[MailingId]:
    return [one.mailing.id for one in story.done(WriteMailing) if one.mailing.kind.value == "report"]


def written(*links_of: str, lasts_s: float = 3600.0) -> Story:
    """A question for reports was written, and its links are kept."""
    story = asked()
    story.passes(at("2027-01-06T16:00:01") - story.now_s)
    [key] = questions(story)
    made = tuple(link(story, one, lasts_s) for one in links_of)
    story.happens(MailingWritten(story.now_s, key, WrittenMailing(links=made)))
    return story


def test_organisations_are_asked_a_day_before_the_meeting_and_once() -> None:
    story = asked()
    story.passes(at("2027-01-06T15:59:59") - story.now_s)
    assert questions(story) == []
    story.passes(2.0)
    assert len(questions(story)) == 1
    story.passes(at("2027-01-07T15:00") - story.now_s)
    assert len(questions(story)) == 1


def test_a_meeting_that_asks_for_none_and_one_that_is_cancelled_ask_nobody() -> None:
    silent = asked(Smarr(asks_reports=False))
    silent.passes(3 * 86_400.0)
    cancelled = asked()
    cancelled.asks(RemoveSchedule(KEY))
    cancelled.passes(3 * 86_400.0)
    assert (questions(silent), questions(cancelled)) == ([], [])


def test_a_link_is_kept_over_a_restart_and_goes_when_it_expires() -> None:
    story = written(ONE).restarted()
    assert set(story.node[LINKS]) == {ONE}
    story.passes(3601.0)
    assert not story.node[LINKS]
    assert story.asks(MarkUsed(ONE)) == keeping.NO_LINK
    assert story.asks(CountWrongCode(ONE)) == keeping.NO_LINK
    assert not story.restarted().node[LINKS]


def test_wrong_codes_are_counted_and_a_restart_forgets_none() -> None:
    story = written(ONE)
    assert story.asks(CountWrongCode(ONE)) == Done(ONE)
    story = story.restarted()
    assert story.node[LINKS][ONE].wrong == 1


def test_a_lock_stands_in_the_audit_log() -> None:
    story = written(ONE)
    for _ in range(5):
        story.asks(CountWrongCode(ONE))
    assert [one.action for one in story.audited].count("link.lock") == 1  # type: ignore[attr-defined]


def test_of_too_many_links_the_one_that_expires_first_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST", 2)
    story = asked()
    story.passes(at("2027-01-06T16:00:01") - story.now_s)
    [key] = questions(story)
    made = (link(story, "a" * 10, 7200.0), link(story, "b" * 10, 60.0), link(story, "c" * 10, 3600.0))
    story.happens(MailingWritten(story.now_s, key, WrittenMailing(links=made)))
    assert set(story.node[LINKS]) == {"a" * 10, "c" * 10}


def test_an_answer_by_the_link_of_a_call_out_that_is_over_is_refused() -> None:
    story = written(ONE)
    answer = story.asks(AnswerByLink(ONE, Written(WrittenAnswer.COMES)))
    assert answer == Refused("ended", LinkReason.OVER())


def test_the_parts_of_an_sms_are_those_of_its_text_with_the_secrets_in_it() -> None:
    text = f"Svara på https://samband.example.se/l/{marks.token_mark(ONE)} med koden {marks.code_mark(ONE)}."
    sent = f"Svara på https://samband.example.se/l/{ONE}{'A' * 22} med koden 1234."
    assert gsm.counted(marks.as_long(text)) == gsm.counted(sent)
