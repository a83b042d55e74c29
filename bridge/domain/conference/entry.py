"""The way in: an incoming caller is greeted and keys the code and #. Then the caller is let in, asked to try again, or
let go.

Digits live in the entry's state only. A wrong, unknown or expired code and an ended conference are answered by one and
the same sentence. A caller with many wrong codes is answered more slowly, never shut out. A code that nobody can look
up now is not a wrong one. The caller is asked to wait, and it is looked up again.
"""

from dataclasses import replace
from functools import lru_cache

from bridge.domain.conference import door, legs, prompts, returning, rooms, seats, secrecy, voices
from bridge.domain.conference.effects import LookUpCode
from bridge.domain.conference.events import CodeResolved
from bridge.domain.conference.passing import (
    CAME_BY,
    ENTRIES,
    NOTICES,
    CameBy,
    DoorQuestion,
    Entry,
    EntryPhase,
)
from bridge.domain.conference.policy import EntryPolicy
from bridge.domain.conference.records import (
    CONFERENCES,
    PARTICIPANTS,
    Conference,
    ConferenceRecording,
    ConferenceState,
    Holder,
    LegKind,
    MuteOwner,
    OffRecord,
    RecordingState,
    Role,
    Seat,
    SeatState,
    Secrecy,
)
from bridge.domain.conference.timers import ConferenceTimer
from bridge.domain.guessing import brake
from bridge.domain.guessing.brake import Source, Standing
from bridge.domain.guessing.policy import GuessingPolicy
from bridge.domain.guessing.records import (
    FAMILIAR_ID,
    FAMILIAR_LINES,
    FAMILIAR_TO_OTHERS,
    GUESSES,
    GUESSES_ID,
    LISTED,
    OTHERS,
    FamiliarLines,
    Guesses,
)
from bridge.domain.kernel import again
from bridge.domain.kernel.ids import ChannelId, ConferenceId, MixId, ParticipantId, PlaybackId, RecordingId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.step import Step
from bridge.domain.telephony.effects import Answer, ChannelEffect, HangUpLeg, LeaveMix, Play, SetHeard, StopPlaying
from bridge.domain.telephony.events import CallArrived
from bridge.domain.telephony.numbers import NumberError, is_premium, parse_number
from bridge.domain.telephony.timers import PromptTimer

_ORDINARY_DIGITS = frozenset("0123456789")
SOONEST_S = 1.0
"""A look-up that waits is looked at again after this at the soonest."""
NAME_LATE_S = 3.0
"""A name that has not ended so long after its time counts as not said."""
SILENT_S = 2.0
"""A longer wait than this is filled with words."""
REMEMBER_AGAIN_S = 86_400.0
_WITHHELD_NAME = {Language.SV: "Dolt nummer", Language.EN: "Withheld number"}
_RESCUE_NAME = {Language.SV: "Nödrummet", Language.EN: "Emergency room"}


def arrive(step: Step, event: CallArrived) -> Seat | None:
    """Answer and greet. Callers of the emergency room stay together, in the conference that is marked for them.

    Returns:
        The participant, where the caller was let in at once.
    """
    step.do(Answer(event.channel))
    if event.rescued:
        return _keep_together(step, event)
    bound = door.led_to(step.node, event.number)
    entry = Entry(event.channel, event.caller, event.trunk, only=bound.id if bound is not None else None)
    if bound is not None and not bound.direct_code:
        if bound.locked:
            _let_go(step, entry, prompts.ENTRY_LOCKED)
        elif not secrecy.may_come_in(step, bound, entry.trunk):
            _needs_encryption(step, entry, bound)
        else:
            return _let_in(step, entry, bound, Role.PARTICIPANT, ())
        return None
    _ask(step, entry, prompts.ENTRY_WELCOME)
    return None


def _keep_together(step: Step, event: CallArrived) -> Seat:
    """Into the mix at once, without a word before, so that people who talk with each other go on. They hear the words
    in a whisper there."""
    conference = _room_for_rescued(step, event)
    bound = door.led_to(step.node, event.number)
    seat = Seat(
        id=ParticipantId(step.mint("participant")),
        conference=conference.id,
        room=rooms.main(step.node, conference.id).id,
        kind=LegKind.PHONE,
        name=event.caller or _withheld(step, conference),
        language=conference.language,
        number=number_of(event.caller),
        rescued_from=conference.id,
        bound_for=bound.id if bound is not None and not bound.emergency else None,
    )
    seats.admit(step, seat, event.channel, event.trunk)
    step.set_in(CAME_BY, seat.id, CameBy(event.caller, event.trunk))
    seats.take_seat(step, step.node[PARTICIPANTS][seat.id])
    return step.node[PARTICIPANTS][seat.id]


def _room_for_rescued(step: Step, event: CallArrived) -> Conference:
    """The emergency room's code opens no meeting. Without a marked, unlocked conference a new one is opened for its
    callers.

    It has no codes, so that nobody else comes in uncalled. Its people ring in with their own codes when they like.
    """
    for conference in step.node[CONFERENCES].values():
        takes_them = conference.emergency and not conference.locked and conference.secrecy is Secrecy.OPEN
        if takes_them and conference.state is not ConferenceState.ENDED:
            return conference
    language = step.node.policy[EntryPolicy].language
    conference = Conference(
        id=ConferenceId(step.mint("conference")),
        name=_RESCUE_NAME[language],
        number=event.number,
        created_at_s=step.at_s,
        language=language,
        emergency=True,
        recording=ConferenceRecording(wanted=True),
    )
    step.put(conference)
    rooms.open_main(step, conference, MixId(step.mint("mix")))
    step.audit("samband", "conference.open", conference.id, name=conference.name, recorded=True, emergency=True)
    return conference


def press(step: Step, entry: Entry, digit: str) -> None:
    """A key while the code is asked for: # ends the code, * begins it anew. Keys that come while the answer to a wrong
    code is held back are the next code's. At the question for a name, # gives none."""
    if entry.phase is EntryPhase.BRAKED:
        _store(step, replace(entry, digits=_keyed(step, entry, digit)))
    if entry.phase is EntryPhase.OFFERED and entry.question is not None:
        _answer_by_key(step, entry, entry.question, digit)
        return
    if entry.phase is EntryPhase.NAME_ASKED and digit == "#":
        if entry.playback is not None:
            step.do(StopPlaying(entry.channel, entry.playback))
        named(step, entry, None)
    if entry.phase is not EntryPhase.ASKING:
        return
    step.stop_timer(ConferenceTimer.ENTRY_REMIND, entry.channel)
    if entry.playback is not None:
        step.do(StopPlaying(entry.channel, entry.playback))
        entry = replace(entry, playback=None)
    if digit == "#":
        _submit(step, entry)
        return
    _store(step, replace(entry, digits=_keyed(step, entry, digit)))
    step.start_timer(ConferenceTimer.ENTRY_DIGITS, entry.channel, step.node.policy[EntryPolicy].digit_pause_s)


def _keyed(step: Step, entry: Entry, digit: str) -> str:
    """The digits with one key more: * begins anew, nothing follows #, and what is too long stays too long."""
    if digit == "*":
        return ""
    return entry.digits if entry.digits.endswith("#") else (entry.digits + digit)[: _longest(step) + 1]


def _longest(step: Step) -> int:
    return step.node.policy[EntryPolicy].longest_code


def pause(step: Step, entry: Entry) -> None:
    """No key for a while: what is keyed is the code; nothing keyed costs a try."""
    if entry.phase is EntryPhase.OFFERED and entry.question is not None and entry.digits:
        _answered(step, entry, entry.question, entry.digits)
    if entry.phase is EntryPhase.ASKING:
        _submit(step, entry)


def remind(step: Step, entry: Entry) -> None:
    """Nothing has been keyed for a moment: ask again rather than be silent. It costs no try."""
    if entry.phase is EntryPhase.OFFERED and entry.question is not None and entry.playback is None:
        _offer_again(step, entry, entry.question, entry.question.again)
        return
    if entry.phase is EntryPhase.ASKING and not entry.digits and entry.playback is None:
        playback = _play(step, entry.channel, prompts.ENTRY_CODE)
        _store(step, replace(entry, playback=playback, reminded=True))


def _submit(step: Step, entry: Entry) -> None:
    for kind in (ConferenceTimer.ENTRY_DIGITS, ConferenceTimer.ENTRY_REMIND):
        step.stop_timer(kind, entry.channel)
    if entry.playback is not None:
        step.do(StopPlaying(entry.channel, entry.playback))
        entry = replace(entry, playback=None)
    well_formed = 4 <= len(entry.digits) <= _longest(step)
    if not (well_formed and _ORDINARY_DIGITS.issuperset(entry.digits)):
        # It costs a try, but is no guess: nobody learns anything by it.
        say_wrong(step, replace(entry, tries=entry.tries + 1, digits=""))
        return
    waiting = replace(entry, phase=EntryPhase.HELD, held_at_s=step.at_s)
    _store(step, waiting)
    if not _look_up_if_free(step, waiting):
        _hold(step, waiting)


# --- questions of other rooms ---


def offer(step: Step, entry: Entry, question: DoorQuestion) -> None:
    """Put a question to somebody on the way in. Its rule is called once, with the keys or without any."""
    _silence(step, entry)
    playback = _play(step, entry.channel, *question.said, language=question.language)
    _store(step, replace(entry, phase=EntryPhase.OFFERED, digits="", playback=playback, question=question))


def _offer_again(step: Step, entry: Entry, question: DoorQuestion, said: tuple[Prompt, ...]) -> None:
    if question.tries <= 0:
        _answered(step, entry, question, "")
        return
    _silence(step, entry)
    left = replace(question, tries=question.tries - 1)
    playback = _play(step, entry.channel, *said, language=question.language)
    _store(step, replace(entry, digits="", playback=playback, question=left))


def _answer_by_key(step: Step, entry: Entry, question: DoorQuestion, digit: str) -> None:
    """A key that answers nothing is passed over. `0` says the whole again, unless it is a digit of the answer."""
    if question.keys:
        if digit in question.keys:
            _answered(step, entry, question, digit)
        elif digit == "0":
            _offer_again(step, entry, question, question.said)
        return
    if digit == "#":
        _answered(step, entry, question, entry.digits)
        return
    digits = "" if digit == "*" else entry.digits + digit
    if len(digits) >= question.most:
        _answered(step, entry, question, digits)
        return
    _silence(step, entry)
    _store(step, replace(entry, digits=digits, playback=None))
    kind = ConferenceTimer.ENTRY_DIGITS if digits else ConferenceTimer.ENTRY_REMIND
    step.start_timer(kind, entry.channel, step.node.policy[EntryPolicy].digit_pause_s)


def _answered(step: Step, entry: Entry, question: DoorQuestion, keyed: str) -> None:
    _silence(step, entry)
    free = replace(entry, phase=EntryPhase.CHECKING, digits="", playback=None, question=None)
    _store(step, free)
    question.rule(step, free, keyed)


def _silence(step: Step, entry: Entry) -> None:
    """The words that they hear now end, and nothing of them is awaited."""
    for kind in (ConferenceTimer.ENTRY_DIGITS, ConferenceTimer.ENTRY_REMIND):
        step.stop_timer(kind, entry.channel)
    if entry.playback is not None:
        step.do(StopPlaying(entry.channel, entry.playback))


def ask_code(step: Step, entry: Entry, *said: Prompt, language: Language | None = None) -> None:
    """Ask for a code, as every caller is asked. A reminder, and words without a `language`, are in the house's."""
    _ask(step, entry, *said, language=language)


def let_go(step: Step, entry: Entry, *said: Prompt, language: Language) -> None:
    """Last words, and the end of the call."""
    playback = _play(step, entry.channel, *said, language=language)
    _store(step, replace(entry, phase=EntryPhase.LEAVING, playback=playback))


# --- look-ups that wait ---


def source_of(step: Step, entry: Entry) -> Source:
    """Where this caller's codes come from."""
    node = step.node
    familiar = (node[FAMILIAR_LINES].get(FAMILIAR_ID, FamiliarLines()), *node[FAMILIAR_TO_OTHERS])
    policy = node.policy[GuessingPolicy]
    number = number_of(entry.caller)
    return brake.source_of(entry.caller, number, entry.trunk, node[LISTED], familiar, step.at_s, policy)


def _guesses(step: Step) -> Guesses:
    return step.node[GUESSES].get(GUESSES_ID, Guesses())


def _guesses_of_all(step: Step) -> Guesses:
    """Those of every node that shares the database."""
    others = step.node[OTHERS]
    return brake.together(_guesses(step), others, step.node.policy[GuessingPolicy], step.at_s)


def _look_up_if_free(step: Step, entry: Entry) -> bool:
    if _wait_s(step, source_of(step, entry), _under_way(step)) > 0:
        return False
    _look_up(step, entry)
    return True


def _look_up(step: Step, entry: Entry) -> None:
    step.stop_timer(ConferenceTimer.ENTRY_HELD, entry.channel)
    if entry.playback is not None:
        step.do(StopPlaying(entry.channel, entry.playback))
    _store(step, replace(entry, digits="", phase=EntryPhase.CHECKING, playback=None))
    step.do(LookUpCode(entry.channel, entry.digits))


def _under_way(step: Step) -> list[Source]:
    return [source_of(step, one) for one in step.node[ENTRIES].values() if one.phase is EntryPhase.CHECKING]


def _wait_s(step: Step, source: Source, under_way: list[Source]) -> float:
    return brake.look_up_wait_s(_guesses_of_all(step), source, under_way, step.node.policy[GuessingPolicy], step.at_s)


def _hold(step: Step, entry: Entry) -> None:
    """The caller hears why it takes long, and is told how to get in at once."""
    _store(step, replace(entry, playback=_play(step, entry.channel, prompts.ENTRY_HELD)))
    _look_again(step, entry)


def _look_again(step: Step, entry: Entry) -> None:
    wait_s = max(SOONEST_S, _wait_s(step, source_of(step, entry), _under_way(step)))
    step.start_timer(ConferenceTimer.ENTRY_HELD, entry.channel, wait_s)


def held_due(step: Step, entry: Entry) -> None:
    """A look-up may be free now."""
    if entry.phase is not EntryPhase.HELD:
        return
    if _wait_s(step, source_of(step, entry), _under_way(step)) <= 0:
        release(step)
    waiting = step.node[ENTRIES].get(entry.channel)
    if waiting is not None and waiting.phase is EntryPhase.HELD:
        _look_again(step, waiting)


def release(step: Step) -> None:
    """Make the look-ups that are free now.

    The line and trunk with the fewest wrong codes go first, then those who have waited longest.
    """
    held = [(source_of(step, one), one) for one in step.node[ENTRIES].values() if one.phase is EntryPhase.HELD]
    if not held:
        return
    under_way = _under_way(step)
    for source, entry in sorted(held, key=lambda one: _turn(step, *one)):
        if _wait_s(step, source, under_way) <= 0:
            _look_up(step, entry)
            under_way.append(source)


def _turn(step: Step, source: Source, entry: Entry) -> tuple[int, int, float]:
    guesses, policy = _guesses_of_all(step), step.node.policy[GuessingPolicy]
    of_line = brake.line_count(guesses, source.line, policy, step.at_s)
    return (of_line, brake.level(guesses, source.pools[0], policy, step.at_s), entry.held_at_s)


# --- the answer ---


def resolved(step: Step, entry: Entry, event: CodeResolved) -> Seat | None:
    """The answer about the code.

    Returns:
        The participant, where the caller was let in.
    """
    if entry.phase is not EntryPhase.CHECKING:
        return None
    seat = _answer(step, entry, event)
    release(step)
    return seat


def _answer(step: Step, entry: Entry, event: CodeResolved) -> Seat | None:
    conference = step.node[CONFERENCES].get(event.conference) if event.conference else None
    elsewhere = entry.only is not None and conference is not None and entry.only != conference.id
    if conference is None or conference.state is ConferenceState.ENDED or elsewhere:
        _refuse(step, entry)
        return None
    seat = returning.by_code(step.node, conference, event.holder)
    shut_out = conference.locked and event.role is not Role.HOST and seat is None
    source = source_of(step, entry)
    if shut_out and source.standing is Standing.STRANGER:
        # "Locked" would tell a guesser that the code is right.
        _refuse(step, entry)
        return None
    _remember_right(step, source)
    if shut_out:
        _let_go(step, entry, prompts.ENTRY_LOCKED)
        return None
    if not secrecy.may_come_in(step, conference, entry.trunk):
        _needs_encryption(step, entry, conference)
        return None
    seat = seat or returning.by_line(step.node, conference, number_of(entry.caller), event.role)
    if seat is not None:
        return _let_back_in(step, entry, seat, event.role)
    said = (prompts.ENTRY_HOST,) if event.role is Role.HOST else ()
    return _let_in(step, entry, conference, event.role, said, event.holder)


def _needs_encryption(step: Step, entry: Entry, conference: Conference) -> None:
    """The code is right, and this line may not carry what is said there. They are told so, and it is on record."""
    step.audit("samband", "entry.not_encrypted", conference.id, trunk=entry.trunk)
    _let_go(step, entry, prompts.ENTRY_NEEDS_ENCRYPTION)


def right_code(step: Step, entry: Entry) -> None:
    """The code opens something that is no meeting."""
    _remember_right(step, source_of(step, entry))


def refuse(step: Step, entry: Entry) -> None:
    """The code opens nothing here. It is a wrong one, and braked."""
    _refuse(step, entry)


def _remember_right(step: Step, source: Source) -> None:
    """A number that gave a right code is familiar. It is written anew once a day at most."""
    familiar = step.node[FAMILIAR_LINES].get(FAMILIAR_ID, FamiliarLines())
    known_at_s = dict(familiar.lines).get(source.line)
    if source.standing is Standing.LISTED or not source.line.startswith("+"):
        return
    if known_at_s is None or step.at_s - known_at_s > REMEMBER_AGAIN_S:
        step.put(brake.right(familiar, source.line, step.at_s))


def _refuse(step: Step, entry: Entry) -> None:
    """One wrong code more. Its answer is held back, each time a little longer."""
    policy, source = step.node.policy[GuessingPolicy], source_of(step, entry)
    guesses, told = brake.tell(brake.wrong(_guesses(step), source, policy, step.at_s), source, policy, step.at_s)
    step.put(guesses)
    for where, count in told.items():
        step.audit("samband", "codes.guessing", where, wrong=count)
    entry = replace(entry, tries=entry.tries + 1, digits="")
    wait_s = brake.answer_wait_s(_guesses_of_all(step), source, policy, step.at_s)
    if wait_s <= 0:
        say_wrong(step, entry)
        return
    if wait_s > SILENT_S:
        entry = replace(entry, playback=_play(step, entry.channel, prompts.ENTRY_WAIT))
    _store(step, replace(entry, phase=EntryPhase.BRAKED))
    step.start_timer(ConferenceTimer.ENTRY_BRAKE, entry.channel, wait_s)


def say_wrong(step: Step, entry: Entry) -> None:
    """Ask again, or let them go after the last try."""
    if entry.playback is not None:
        step.do(StopPlaying(entry.channel, entry.playback))
    if entry.tries >= step.node.policy[EntryPolicy].tries:
        _let_go(step, entry, prompts.ENTRY_WRONG, prompts.ENTRY_GOODBYE)
    elif entry.digits.endswith("#"):
        _submit(step, replace(entry, digits=entry.digits[:-1], playback=None))
    elif entry.digits:
        _store(step, replace(entry, phase=EntryPhase.ASKING, playback=None, reminded=False))
        step.start_timer(ConferenceTimer.ENTRY_DIGITS, entry.channel, step.node.policy[EntryPolicy].digit_pause_s)
    else:
        _ask(step, entry, prompts.ENTRY_WRONG)


def ask_to_wait(step: Step, entry: Entry) -> None:
    """Words instead of silence, while the code cannot be looked up."""
    _store(step, replace(entry, playback=_play(step, entry.channel, prompts.ENTRY_WAIT)))


def apologise(step: Step, channel: ChannelId, language: Language) -> None:
    """It cannot be done now: say so, and hang up. For callers on the way in and for those who are called."""
    say_and_hang_up(step, channel, language, prompts.ENTRY_FAULT)


def say_and_hang_up(step: Step, channel: ChannelId, language: Language, said: Prompt) -> None:
    """Last words to a channel that is in no mix, or is taken out of it by them."""
    entry = step.node[ENTRIES].get(channel, Entry(channel, ""))
    playback = _play(step, channel, said, language=language)
    _store(step, replace(entry, phase=EntryPhase.LEAVING, playback=playback))


def _ask(step: Step, entry: Entry, *said: Prompt, language: Language | None = None) -> None:
    playback = _play(step, entry.channel, *said, language=language)
    _store(step, replace(entry, phase=EntryPhase.ASKING, digits="", playback=playback, reminded=False))
    step.stop_timer(ConferenceTimer.ENTRY_DIGITS, entry.channel)


def _let_go(step: Step, entry: Entry, *said: Prompt) -> None:
    playback = _play(step, entry.channel, *said)
    _store(step, replace(entry, phase=EntryPhase.LEAVING, playback=playback))


def _let_in(
    step: Step,
    entry: Entry,
    conference: Conference,
    role: Role,
    said: tuple[Prompt, ...],
    holder: Holder | None = None,
) -> Seat:
    participant = Seat(
        id=ParticipantId(step.mint("participant")),
        conference=conference.id,
        room=rooms.main(step.node, conference.id).id,
        kind=LegKind.PHONE,
        name=holder.function if holder is not None else entry.caller or _withheld(step, conference),
        role=role,
        organisation=holder.organisation if holder is not None else None,
        function=holder.function if holder is not None else None,
        language=conference.language,
        number=number_of(entry.caller),
        rescued_from=entry.rescued_from,
    )
    return admit(step, entry, conference, door.comes_in(step, conference, participant), *said)


def admit(step: Step, entry: Entry, conference: Conference, participant: Seat, *said: Prompt) -> Seat:
    """A new seat for somebody on the way in. They say their name where the door asks for it, and come in.

    Args:
        step: The step.
        entry: Their call.
        conference: The meeting.
        participant: The seat as the door gives it (`door.comes_in`).
        said: Words before those at the door.
    """
    participant = seats.admit(step, participant, entry.channel, entry.trunk)
    entry = replace(entry, participant=participant.id)
    if conference.door.asks_name and participant.spoken_name is None:
        question = (*said, prompts.ENTRY_NAME, prompts.TONE_NAME)
        playback = _play(step, entry.channel, *question, language=participant.language)
        _store(step, replace(entry, phase=EntryPhase.NAME_ASKED, playback=playback))
    else:
        _to_the_mix(step, entry, participant, *said)
    return participant


def named(step: Step, entry: Entry, said_name: RecordingId | None) -> None:
    """They have said their name, or have not. Either way they come in."""
    step.stop_timer(PromptTimer.PROMPT, entry.channel)
    step.stop_timer(ConferenceTimer.ENTRY_NAME, entry.channel)
    participant = step.node[PARTICIPANTS].get(entry.participant) if entry.participant else None
    if participant is None:
        return
    if said_name is not None:
        participant = replace(participant, said_name=said_name)
        step.put(participant)
    _to_the_mix(step, entry, participant)


def name_overdue(step: Step, entry: Entry) -> None:
    """The end of the name is not reported: they come in without it."""
    if entry.phase is EntryPhase.NAMING:
        named(step, entry, None)


def _to_the_mix(step: Step, entry: Entry, participant: Seat, *said: Prompt) -> None:
    """The last words at the door, and then the mix or the waiting room."""
    notices = door_prompts(step.node[CONFERENCES][participant.conference], participant)
    playback = _play(step, entry.channel, *said, *notices, language=participant.language)
    if prompts.ENTRY_RECORDED in notices:
        step.set_in(NOTICES, entry.channel, playback)
    _store(step, replace(entry, phase=EntryPhase.JOINING, playback=playback))


def _let_back_in(step: Step, entry: Entry, seat: Seat, role: Role) -> Seat:
    """Into their own seat. A telephone that carries it still hears why it is hung up."""
    channel = legs.channel_of(step.node, seat)
    if channel is not None and seat.state is SeatState.PRESENT:
        step.do(SetHeard(channel, False))
        seats.leave(step, seat, state=SeatState.JOINING)
        seat = step.node[PARTICIPANTS][seat.id]
        legs.end(step, seat, None)
        say_and_hang_up(step, channel, seat.language, prompts.MEETING_TAKEN_OVER)
    back = returning.back(seat, role, number_of(entry.caller))
    back = replace(back, rescued_from=entry.rescued_from or back.rescued_from)
    participant = seats.admit(step, back, entry.channel, entry.trunk)
    _to_the_mix(step, replace(entry, participant=participant.id), participant, prompts.ENTRY_WELCOME_BACK)
    return participant


def _withheld(step: Step, conference: Conference) -> str:
    """A name of its own for each who withholds the number."""
    count = conference.withheld + 1
    step.put(replace(step.node[CONFERENCES][conference.id], withheld=count))
    return f"{_WITHHELD_NAME[conference.language]} {count}"


@lru_cache(maxsize=4096)
def number_of(caller: str) -> str | None:
    """The caller's number as E.164, from whatever form it came in; nothing where it cannot be rung back."""
    for form in (caller, f"+{caller}"):
        try:
            number = parse_number(form)
        except NumberError:
            continue
        return None if is_premium(number) else number
    return None


def let_in(step: Step, conference: Conference, participant: Seat, channel: ChannelId) -> None:
    """A person who waited is let in: words at the door once more, and then into the mix."""
    said = (prompts.ENTRY_LET_IN, *door_prompts(conference, participant))
    playback = _play(step, channel, *said, language=participant.language)
    _store(step, Entry(channel, "", phase=EntryPhase.JOINING, playback=playback, participant=participant.id))


def to_the_door(step: Step, seat: Seat) -> None:
    """Somebody out of the emergency room, on the same line: greeted as every caller, and asked for a code."""
    channel = legs.channel_of(step.node, seat)
    if channel is None:
        return
    call = step.node[CAME_BY].get(seat.id, CameBy(seat.number or ""))
    seats.leave(step, seat)
    step.do(LeaveMix(channel, seat.room))
    _ask(step, Entry(channel, call.caller, call.trunk, rescued_from=seat.rescued_from), prompts.ENTRY_WELCOME)


def take_in(step: Step, conference: Conference, seat: Seat) -> Seat | None:
    """Somebody out of the emergency room, on the same line into their meeting. They hear the words at the door. The
    place of a lost line is theirs again.

    Returns:
        Their seat in the meeting; `None` where they are on no line, or stay. Those whose line may not carry the
        meeting's secrecy hear so, and stay with the others.
    """
    channel = legs.channel_of(step.node, seat)
    if channel is None:
        return None
    trunk = step.node[CAME_BY].get(seat.id, CameBy(seat.number or "")).trunk
    if not secrecy.may_come_in(step, conference, trunk):
        step.audit("samband", "entry.not_encrypted", conference.id, trunk=trunk)
        voices.whisper(step, seat, prompts.ENTRY_NEEDS_ENCRYPTION)
        return None
    seats.leave(step, seat)
    step.do(LeaveMix(channel, seat.room))
    own = returning.by_line(step.node, conference, seat.number, Role.PARTICIPANT)
    if own is not None:
        participant = returning.back(own, number=seat.number)
    else:
        is_withheld = seat.name.startswith(tuple(_WITHHELD_NAME.values()))
        new = Seat(
            id=ParticipantId(step.mint("participant")),
            conference=conference.id,
            room=rooms.main(step.node, conference.id).id,
            kind=LegKind.PHONE,
            name=_withheld(step, conference) if is_withheld else seat.name,
            language=conference.language,
            number=seat.number,
        )
        participant = door.comes_in(step, conference, new)
    participant = replace(
        participant, state=SeatState.JOINING, waits_since_s=None, rescued_from=seat.rescued_from, bound_for=None
    )
    participant = seats.admit(step, participant, channel, trunk)
    let_in(step, step.node[CONFERENCES][conference.id], participant, channel)
    return participant


def door_prompts(conference: Conference, participant: Seat) -> tuple[Prompt, ...]:
    """The prompts that everybody hears at the door, whichever way they come."""
    if participant.state is SeatState.WAITING:
        return (prompts.ENTRY_WAITING_ROOM,)
    recorded = conference.recording.wanted and conference.recording.state is not RecordingState.FAILED
    return (
        *((prompts.ENTRY_EXERCISE,) if conference.exercise else ()),
        *(_secrecy_prompts(participant) if conference.secrecy is Secrecy.SECRET else ()),
        *((prompts.ENTRY_RECORDED,) if recorded else ()),
        *((prompts.ENTRY_MUTED,) if MuteOwner.POLICY in participant.muted_by else ()),
        *((prompts.ENTRY_OFF_RECORD,) if conference.recording.off_record is OffRecord.YES else ()),
        prompts.ENTRY_JOINING,
    )


def _secrecy_prompts(participant: Seat) -> tuple[Prompt, ...]:
    """That secrecy applies, and to those whose line is not encrypted that it is not."""
    return (prompts.ENTRY_SECRET, *((prompts.ENTRY_NOT_ENCRYPTED,) if participant.encrypted is False else ()))


def played(step: Step, entry: Entry, playback: PlaybackId) -> None:
    """A prompt has ended. A prompt that was broken off for another does not count."""
    if entry.playback != playback:
        return
    step.stop_timer(PromptTimer.PROMPT, entry.channel)
    match entry.phase:
        case EntryPhase.JOINING:
            participant = step.node[PARTICIPANTS].get(entry.participant) if entry.participant else None
            step.drop_from(ENTRIES, entry.channel)
            if participant is not None:
                seats.take_seat(step, participant)
        case EntryPhase.NAME_ASKED:
            _store(step, replace(entry, phase=EntryPhase.NAMING, playback=None))
            longest_s = step.node.policy[EntryPolicy].name_longest_s
            step.start_timer(ConferenceTimer.ENTRY_NAME, entry.channel, longest_s + NAME_LATE_S)
        case EntryPhase.LEAVING:
            step.do(HangUpLeg(entry.channel))
        case EntryPhase.ASKING:
            _store(step, replace(entry, playback=None))
            if not entry.reminded:
                step.start_timer(ConferenceTimer.ENTRY_DIGITS, entry.channel, step.node.policy[EntryPolicy].patience_s)
            step.start_timer(ConferenceTimer.ENTRY_REMIND, entry.channel, step.node.policy[EntryPolicy].remind_s)
        case EntryPhase.OFFERED:
            _store(step, replace(entry, playback=None))
            step.start_timer(ConferenceTimer.ENTRY_REMIND, entry.channel, step.node.policy[EntryPolicy].remind_s)
        case EntryPhase.BRAKED:
            ask_to_wait(step, entry)
        case EntryPhase.HELD:
            _store(step, replace(entry, playback=_play(step, entry.channel, prompts.ENTRY_HELD)))
        case EntryPhase.CHECKING:
            _store(step, replace(entry, playback=None))


def prompt_overdue(step: Step, entry: Entry) -> None:
    """The end of a prompt was not reported: it counts as ended."""
    if entry.playback is not None:
        played(step, entry, entry.playback)


def gone(step: Step, entry: Entry) -> None:
    """They hung up on the way."""
    step.drop_from(ENTRIES, entry.channel)
    again.forget_subject(step, entry.channel, ChannelEffect, LookUpCode)
    for kind in (
        ConferenceTimer.ENTRY_DIGITS,
        ConferenceTimer.ENTRY_BRAKE,
        ConferenceTimer.ENTRY_HELD,
        ConferenceTimer.ENTRY_REMIND,
        ConferenceTimer.ENTRY_NAME,
        PromptTimer.PROMPT,
    ):
        step.stop_timer(kind, entry.channel)


def _play(step: Step, channel: ChannelId, *said: Prompt, language: Language | None = None) -> PlaybackId:
    playback = PlaybackId(step.mint("playback"))
    step.do(Play(channel, playback, said, language or step.node.policy[EntryPolicy].language))
    step.start_timer(PromptTimer.PROMPT, channel, step.node.policy[EntryPolicy].prompt_longest_s)
    return playback


def _store(step: Step, entry: Entry) -> None:
    step.set_in(ENTRIES, entry.channel, entry)
