"""Decisions: marked while they are spoken, acknowledged by each organisation, and never lost."""

import pytest

from bridge.domain.conference.commands import EndConference
from bridge.domain.conference.events import CodeResolved
from bridge.domain.conference.records import Holder, Role
from bridge.domain.decisions import decisions, prompts
from bridge.domain.decisions.commands import (
    AnswerDecision,
    BeginDecision,
    CancelDecision,
    EndDecision,
    ReadBackDecision,
)
from bridge.domain.decisions.notes import DecisionNote
from bridge.domain.decisions.reasons import DecisionReason
from bridge.domain.decisions.records import (
    ACKNOWLEDGEMENTS,
    DECISIONS,
    Acknowledgement,
    Answer,
    AnswerWay,
    Decision,
    DecisionState,
)
from bridge.domain.kernel import phrases
from bridge.domain.kernel.ids import ChannelId, ConferenceId, DecisionId
from bridge.domain.kernel.journal import Audit, Note
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.recording.commands import SetOffRecord
from bridge.domain.recording.events import RecordingStarted
from bridge.domain.recording.records import RECORDINGS
from bridge.domain.telephony.effects import Announce
from bridge.domain.telephony.events import LiveChannel, MixJoined
from tests.harness.story import CONFERENCE, MIX, Story

HOST, POLICE, POLICE_TWO, FIRE, UNKNOWN = (ChannelId(one) for one in ("host", "police", "police2", "fire", "+46701"))
FIRST = DecisionId("dec-1")
SPOKEN_S = 40.0


def comes(story: Story, channel: ChannelId, organisation: str, role: Role = Role.PARTICIPANT) -> None:
    """Somebody comes in with the personal code of a function."""
    story.calls(channel, caller=channel)
    story.keys(channel, "12345678#")
    story.happens(CodeResolved(story.now_s, channel, CONFERENCE, role, holder=Holder(channel, organisation)))
    story.prompt_ends(channel)
    story.happens(MixJoined(story.now_s, channel, story.who(channel).room))


def meeting(*, recorded: bool = False) -> Story:
    """The county leads; the police have two telephones, the fire service one, and nobody knows who +46701 is."""
    story = Story()
    story.opens(recorded=recorded)
    comes(story, HOST, "County", Role.HOST)
    for channel, organisation in ((POLICE, "Police"), (POLICE_TWO, "Police"), (FIRE, "Fire")):
        story.passes(1)
        comes(story, channel, organisation)
    story.joins(UNKNOWN)
    if recorded:
        recording = story.conference.recording.recording
        assert recording is not None
        story.happens(RecordingStarted(story.now_s, recording))
    story.forget_effects()
    return story


def spoken(story: Story) -> Story:
    """A decision, by the host's keys, from mark to mark."""
    story.keys(HOST, "#5")
    story.passes(SPOKEN_S)
    story.keys(HOST, "#5")
    return story


def decision(story: Story) -> Decision:
    return list(story.node[DECISIONS].values())[-1]


def answers(story: Story) -> dict[str, Acknowledgement]:
    return {
        one.organisation: one for one in story.node[ACKNOWLEDGEMENTS].values() if one.decision == decision(story).id
    }


def given(story: Story) -> dict[str, Answer]:
    return {organisation: one.answer for organisation, one in answers(story).items()}


def announced(story: Story) -> list[Prompt]:
    return [prompt for one in story.done(Announce) for prompt in one.prompts]


def asked(story: Story) -> set[ChannelId]:
    return {one for one in (HOST, POLICE, POLICE_TWO, FIRE, UNKNOWN) if prompts.DECISION_QUESTION in story.said_to(one)}


def noted(story: Story) -> list[Note]:
    return [one for one in story.notes if isinstance(one, Note) and isinstance(one.kind, DecisionNote)]


def test_a_decision_is_marked_from_its_beginning_to_its_end_to_the_second() -> None:
    story = meeting(recorded=True)
    began_s = story.now_s
    spoken(story)
    made = decision(story)
    assert (made.number, made.begun_at_s, made.ended_at_s) == (1, began_s, began_s + SPOKEN_S)
    assert made.recording == story.conference.recording.recording
    assert announced(story) == [prompts.DECISION, phrases.number(1), prompts.DECISION_SPOKEN]
    assert [(one.kind, one.at_s) for one in noted(story)] == [
        (DecisionNote.DECISION_BEGUN, began_s),
        (DecisionNote.DECISION_ENDED, began_s + SPOKEN_S),
    ]
    told = [one.action for one in story.audited if isinstance(one, Audit) and one.action.startswith("decision")]
    assert told == ["decision.begin", "decision.end"]


def test_a_decision_that_is_not_recorded_has_no_recording() -> None:
    assert decision(spoken(meeting())).recording is None
    story = meeting(recorded=True)
    story.asks(SetOffRecord(CONFERENCE, True))
    assert decision(spoken(story)).recording is None


def test_one_telephone_of_each_organisation_is_asked_and_nobody_whose_organisation_is_unknown() -> None:
    story = spoken(meeting())
    assert asked(story) == {HOST, POLICE, FIRE}
    assert given(story) == {"County": Answer.AWAITED, "Police": Answer.AWAITED, "Fire": Answer.AWAITED}
    assert decision(story).state is DecisionState.ASKING


def test_each_answer_is_kept_with_its_time_its_way_and_the_person_who_gave_it() -> None:
    story = spoken(meeting())
    story.passes(4)
    story.keys(POLICE, "1")
    story.keys(FIRE, "2")
    police = answers(story)["Police"]
    who = story.who(POLICE)
    assert (police.answer, police.way, police.by) == (Answer.ACKNOWLEDGED, AnswerWay.KEY, who.name)
    assert (police.answered_at_s, police.seat) == (story.now_s, who.id)
    assert given(story)["Fire"] is Answer.RESERVED
    assert story.said_to(POLICE)[-1] == prompts.DECISION_NOTED


def test_the_host_hears_the_result_when_the_last_has_answered() -> None:
    story = spoken(meeting())
    story.keys(HOST, "1")
    story.keys(POLICE, "1")
    story.forget_effects()
    story.keys(FIRE, "2")
    assert story.said_to(HOST) == [
        *(prompts.DECISION, phrases.number(1), phrases.number(2), prompts.DECISION_ACKNOWLEDGED),
        *(prompts.DECISION_RESERVED, phrases.spoken("Fire")),
    ]
    assert story.said_to(POLICE) == []
    settled = noted(story)[-1]
    assert dict(settled.detail) == {
        "number": 1, "acknowledged": 2, "reserved": 1, "unanswered": 0, "decision": decision(story).id,
    }  # fmt: skip


def test_those_who_do_not_answer_are_asked_three_times_at_the_next_telephone_of_theirs_and_then_named() -> None:
    story = spoken(meeting())
    story.keys(HOST, "1")
    story.keys(FIRE, "1")
    story.forget_effects()
    story.passes(decisions.ASK_EVERY_S)
    assert asked(story) == {POLICE_TWO}
    story.forget_effects()
    story.passes(decisions.ASK_EVERY_S)
    assert asked(story) == {POLICE}
    story.forget_effects()
    story.passes(decisions.ASK_EVERY_S)
    assert asked(story) == set()
    assert given(story)["Police"] is Answer.UNANSWERED
    assert story.said_to(HOST)[-2:] == [prompts.DECISION_UNANSWERED, phrases.spoken("Police")]
    assert decision(story).state is DecisionState.SETTLED
    story.keys(POLICE, "1")
    assert given(story)["Police"] is Answer.UNANSWERED, "a key after the last question answers nothing"


def test_the_question_is_heard_again_by_the_key_3() -> None:
    story = spoken(meeting())
    story.forget_effects()
    story.keys(FIRE, "3")
    assert story.said_to(FIRE) == [prompts.DECISION, phrases.number(1), prompts.DECISION_QUESTION]
    story.keys(FIRE, "1")
    assert given(story)["Fire"] is Answer.ACKNOWLEDGED


def test_the_telephone_that_was_asked_before_answers_nothing_when_another_of_theirs_is_asked() -> None:
    story = spoken(meeting())
    story.passes(decisions.ASK_EVERY_S)
    story.keys(POLICE, "2")
    assert given(story)["Police"] is Answer.AWAITED
    story.keys(POLICE_TWO, "1")
    assert answers(story)["Police"].seat == story.who(POLICE_TWO).id


def test_when_the_telephone_that_was_asked_hangs_up_the_other_of_theirs_is_asked() -> None:
    story = spoken(meeting())
    story.hangs_up(POLICE)
    story.passes(decisions.ASK_EVERY_S)
    assert POLICE_TWO in asked(story)


def test_a_meeting_that_knows_no_organisation_asks_nobody_and_the_host_hears_it() -> None:
    story = Story()
    story.opens()
    story.joins(HOST, Role.HOST)
    spoken(story)
    assert decision(story).state is DecisionState.SETTLED
    assert story.said_to(HOST)[-1] == prompts.DECISION_NOBODY_ASKED


def test_two_presses_in_a_row_mark_nothing_and_the_number_is_used_again() -> None:
    story = meeting()
    story.keys(HOST, "#5")
    story.passes(1)
    story.keys(HOST, "#5")
    assert decision(story).state is DecisionState.CANCELLED
    assert announced(story)[-1] == prompts.DECISION_CANCELLED
    assert asked(story) == set()
    assert decision(spoken(story)).number == 1


def test_the_host_is_reminded_of_a_decision_whose_end_is_not_marked() -> None:
    story = meeting()
    story.keys(HOST, "#5")
    story.passes(decisions.REMIND_S * 2)
    assert story.said_to(HOST).count(prompts.DECISION_GOES_ON) == 2


def test_nobody_but_those_who_lead_marks_a_decision() -> None:
    story = meeting()
    story.keys(FIRE, "#5")
    assert story.node[DECISIONS] == {}


# --- by the API ---


def test_a_title_is_read_out_and_the_decisions_of_a_meeting_are_numbered() -> None:
    story = meeting()
    assert story.asks(BeginDecision(CONFERENCE, FIRST, "Close the bridge")) == Done(FIRST)
    assert announced(story)[-1] == phrases.spoken("Close the bridge")
    assert story.asks(BeginDecision(CONFERENCE, FIRST)) == Done(FIRST), "the same again"
    second = story.asks(BeginDecision(CONFERENCE, DecisionId("dec-2")))
    assert isinstance(second, Refused)
    assert second.reason == DecisionReason.BEING_SPOKEN(number=1)
    story.asks(EndDecision(CONFERENCE, FIRST))
    assert story.asks(EndDecision(CONFERENCE, FIRST)) == Done(FIRST)
    assert len(story.node[ACKNOWLEDGEMENTS]) == 3
    story.asks(BeginDecision(CONFERENCE, DecisionId("dec-2")))
    assert decision(story).number == 2


def test_an_answer_by_radio_is_entered_for_the_organisation_also_when_all_is_settled() -> None:
    story = spoken(meeting())
    made = decision(story).id
    for organisation in ("County", "Police", "Fire"):
        story.asks(AnswerDecision(CONFERENCE, made, organisation), actor="operator")
    assert decision(story).state is DecisionState.SETTLED
    story.asks(AnswerDecision(CONFERENCE, made, "Coast guard", reserved=True), actor="operator")
    late = answers(story)["Coast guard"]
    assert (late.answer, late.way, late.by) == (Answer.RESERVED, AnswerWay.OPERATOR, "operator")
    story.asks(AnswerDecision(CONFERENCE, made, "Coast guard"), actor="operator")
    assert len(answers(story)) == 4
    assert given(story)["Coast guard"] is Answer.ACKNOWLEDGED


def test_the_question_to_an_organisation_ends_when_its_answer_is_entered() -> None:
    story = spoken(meeting())
    story.asks(AnswerDecision(CONFERENCE, decision(story).id, "Fire", reserved=True))
    story.keys(FIRE, "1")
    assert given(story)["Fire"] is Answer.RESERVED


def test_a_decision_that_is_cancelled_is_asked_about_no_more_and_takes_no_answer() -> None:
    story = spoken(meeting())
    made = decision(story).id
    assert story.asks(CancelDecision(CONFERENCE, made)) == Done(made)
    assert story.asks(CancelDecision(CONFERENCE, made)) == Done(made)
    story.keys(FIRE, "1")
    assert given(story)["Fire"] is Answer.AWAITED
    for command in (EndDecision(CONFERENCE, made), AnswerDecision(CONFERENCE, made, "Fire")):
        refused = story.asks(command)
        assert isinstance(refused, Refused)
        assert refused.reason == DecisionReason.CANCELLED(number=1)


def test_there_is_no_answer_to_what_has_not_been_spoken() -> None:
    story = meeting()
    story.keys(HOST, "#5")
    refused = story.asks(AnswerDecision(CONFERENCE, decision(story).id, "Fire"))
    assert isinstance(refused, Refused)
    assert refused.reason == DecisionReason.NOT_SPOKEN_YET(number=1)


@pytest.mark.parametrize("command", [EndDecision, CancelDecision])
def test_a_decision_of_another_meeting_is_not_found(command: type[EndDecision | CancelDecision]) -> None:
    story = spoken(meeting())
    other = ConferenceId("cnf-2")
    story.opens(conference=other, mix=type(MIX)("mix-2"))
    refused = story.asks(command(other, decision(story).id))
    assert isinstance(refused, Refused)
    assert refused.reason == DecisionReason.NO_SUCH_DECISION()


# --- restarts and ends ---


def returns(story: Story) -> Story:
    """The controller dies and comes back; Asterisk has kept the lines."""
    fresh = story.restarted()
    live = [LiveChannel(one, answered=True, mix=MIX, caller="", number="") for one in (HOST, POLICE, POLICE_TWO, FIRE)]
    fresh.telephony_comes_up(*live, mixes=[MIX])
    fresh.forget_effects()
    return fresh


def test_a_restart_keeps_the_answers_and_asks_the_others_anew_without_counting_the_round() -> None:
    story = spoken(meeting())
    story.keys(HOST, "1")
    story.keys(POLICE, "2")
    fresh = returns(story)
    assert given(fresh) == {"County": Answer.ACKNOWLEDGED, "Police": Answer.RESERVED, "Fire": Answer.AWAITED}
    fresh.passes(decisions.RESUME_S)
    assert asked(fresh) == {FIRE}
    assert decision(fresh).rounds == 0
    fresh.keys(FIRE, "1")
    assert decision(fresh).state is DecisionState.SETTLED


def test_a_restart_while_it_is_spoken_keeps_its_beginning() -> None:
    story = meeting()
    story.keys(HOST, "#5")
    began_s = story.now_s
    fresh = returns(story)
    fresh.passes(10)
    fresh.keys(HOST, "#5")
    assert (decision(fresh).begun_at_s, decision(fresh).state) == (began_s, DecisionState.ASKING)


def test_while_asterisk_is_away_no_time_is_counted() -> None:
    story = spoken(meeting())
    story.telephony_goes_down()
    story.passes(decisions.ASK_EVERY_S * (decisions.ASK_TIMES + 1))
    assert (decision(story).state, decision(story).rounds) == (DecisionState.ASKING, 0)


@pytest.mark.parametrize("is_spoken", [True, False])
def test_the_end_of_the_meeting_ends_what_goes_on_and_keeps_it(is_spoken: bool) -> None:
    story = meeting()
    if is_spoken:
        spoken(story)
        story.keys(FIRE, "1")
    else:
        story.keys(HOST, "#5")
        story.passes(5)
    made = decision(story).id
    story.asks(EndConference(CONFERENCE))
    kept = [one for one in story.records if isinstance(one, Decision) and one.id == made][-1]
    assert (kept.state, kept.ended_at_s is None) == (DecisionState.SETTLED, False)
    states = {one.organisation: one.answer for one in story.records if isinstance(one, Acknowledgement)}
    expected = {"County": Answer.UNANSWERED, "Police": Answer.UNANSWERED, "Fire": Answer.ACKNOWLEDGED}
    assert states == (expected if is_spoken else {})
    story.passes(30)
    for line in (HOST, POLICE, POLICE_TWO, FIRE, UNKNOWN):
        story.hangs_up(line)
    assert (story.node[DECISIONS], story.node[ACKNOWLEDGEMENTS]) == ({}, {})


# --- read back ---


def reads_back(story: Story, which: DecisionId | None = None) -> list[Prompt]:
    story.forget_effects()
    made = which or decision(story).id
    assert story.asks(ReadBackDecision(CONFERENCE, made)) == Done(made)
    return announced(story)


def test_a_decision_is_read_back_to_the_meeting_with_those_who_stand_behind_it() -> None:
    story = meeting()
    story.asks(BeginDecision(CONFERENCE, FIRST, "Stäng bron"))
    story.passes(SPOKEN_S)
    story.asks(EndDecision(CONFERENCE, FIRST))
    story.keys(POLICE, "1")
    story.keys(FIRE, "2")
    story.keys(HOST, "1")
    story.passes(12 * 60)
    assert reads_back(story) == [
        *(prompts.DECISION, phrases.number(1), phrases.spoken("Stäng bron")),
        *(prompts.DECISION_MADE, phrases.number(12), prompts.DECISION_MINUTES_AGO),
        *(phrases.number(2), prompts.DECISION_ACKNOWLEDGED),
        *(prompts.DECISION_RESERVED, phrases.spoken("Fire")),
    ]
    assert [one.kind for one in noted(story)][-1] is DecisionNote.DECISION_READ_BACK
    told = [one for one in story.audited if isinstance(one, Audit)][-1]
    assert (told.actor, told.action, told.object) == ("test", "decision.read_back", CONFERENCE)


def test_those_who_are_still_being_asked_are_named_as_not_having_answered() -> None:
    story = spoken(meeting())
    story.keys(POLICE, "1")
    said = reads_back(story)
    assert said[2] == prompts.DECISION_MADE_NOW
    assert said[said.index(prompts.DECISION_UNANSWERED) :] == [
        prompts.DECISION_UNANSWERED,
        phrases.spoken("County"),
        phrases.spoken("Fire"),
    ]
    assert decision(story).state is DecisionState.ASKING, "they are still asked"


def test_of_an_old_decision_the_hours_are_said() -> None:
    story = spoken(meeting())
    story.passes(3 * 3600 + 1800)
    assert reads_back(story)[2:5] == [prompts.DECISION_MADE, phrases.number(3), prompts.DECISION_HOURS_AGO]


def test_what_is_not_spoken_yet_or_is_cancelled_is_not_read_back() -> None:
    story = meeting()
    story.keys(HOST, "#5")
    made = decision(story).id
    not_yet = Refused("conflict", DecisionReason.NOT_SPOKEN_YET(number=1), retry=True)
    assert story.asks(ReadBackDecision(CONFERENCE, made)) == not_yet
    story.asks(CancelDecision(CONFERENCE, made))
    cancelled = Refused("conflict", DecisionReason.CANCELLED(number=1))
    assert story.asks(ReadBackDecision(CONFERENCE, made)) == cancelled


def test_by_key_the_latest_is_read_back_and_a_cancelled_one_is_none() -> None:
    story = spoken(meeting())
    first = decision(story).id
    story.passes(60)
    story.keys(HOST, "#5#5")
    assert decision(story).state is DecisionState.CANCELLED
    story.passes(200)
    story.forget_effects()
    story.keys(HOST, "#82")
    assert announced(story)[:2] == [prompts.DECISION, phrases.number(1)]
    assert noted(story)[-1].detail[-1] == ("decision", first)


def test_a_decision_that_was_recorded_is_heard_again_as_it_was_spoken() -> None:
    story = meeting(recorded=True)
    story.passes(100)
    spoken(story)
    recording = decision(story).recording
    assert recording is not None
    began_s = story.node[RECORDINGS][recording].started_at_s
    from_s = decision(story).begun_at_s - began_s
    said = reads_back(story)
    assert said[3] == phrases.clip(recording, from_s, from_s + SPOKEN_S)
    assert phrases.clip_of(said[3]) == (recording, round(from_s * 1000), round((from_s + SPOKEN_S) * 1000))
    assert len(said) > 4, "the words say the same, where the sound is not to be had"


def test_of_a_decision_that_was_not_recorded_the_words_alone_are_heard() -> None:
    assert not any(phrases.clip_of(one) for one in reads_back(spoken(meeting())))
