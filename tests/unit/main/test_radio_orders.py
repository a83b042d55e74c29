"""A duty officer with nothing but a radio calls a list in and steers the meeting; nobody else can."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace

import pytest

from bridge.api.order_words import Order, Verb, on_or_off, read_order
from bridge.api.sds import message_out, names_of
from bridge.domain import commands as c
from bridge.domain.directory import ActivationList, Forum, Function, Organisation
from bridge.domain.ids import ConferenceId, Gssi, Issi, MessageId, MixId, TerminalName
from bridge.domain.model import (
    Conference,
    ConferenceState,
    Language,
    Message,
    MessageDirection,
    MessageState,
    TargetState,
)
from bridge.main.radio_orders import RadioOrders
from bridge.ports import Change
from bridge.settings import ShortDataSettings
from tests.harness.wait import until
from tests.unit.api.region import NOW_S, NUMBER, Region

DUTY, STRANGER = Issi(1401001), Issi(1401999)


class Radio:
    """The radios of the network, and what the program answers them."""

    def __init__(self, region: Region, settings: ShortDataSettings) -> None:
        self.region = region
        self.orders = RadioOrders(region.parts(), settings)
        self._number = 0
        self._read = 0

    async def says(self, text: str, issi: Issi = DUTY, *, group: bool = False, conference: str | None = None) -> None:
        """A text comes in and is heeded."""
        assert self.region.engine.news is not None
        self._number += 1
        key = MessageId(f"sds-in-{self._number}")
        self.region.messages[key] = Message(
            key,
            MessageDirection.IN,
            MessageState.RECEIVED,
            NOW_S,
            Gssi(2401) if group else Issi(5550001),
            group,
            issi,
            text,
            terminal=TerminalName("rakel-1"),
            conference=ConferenceId(conference) if conference else None,
        )
        self.region.engine.news.put_nowait(Change(self._number, NOW_S, "sds", key))
        barrier = Change(self._number, NOW_S, "barrier", "")
        self.region.engine.news.put_nowait(barrier)
        await until(self.region.engine.news.empty, 5)
        await asyncio.sleep(0)

    def answers(self) -> list[c.SendSds]:
        """Those not read before."""
        sent = [command for _, command in self.region.engine.asked if isinstance(command, c.SendSds)]
        new, self._read = sent[self._read :], len(sent)
        return new

    async def told(self, text: str, issi: Issi = DUTY, **more: str) -> str:
        """The one answer to a text."""
        await self.says(text, issi, **more)  # type: ignore[arg-type]
        (answer,) = self.answers()
        assert (answer.receiver, answer.group, answer.terminals) == (issi, False, ("rakel-1",))
        return answer.text

    async def confirmed(self, order: str, yes: str = "JA") -> str:
        code = re.search(r"\b\d{4}\b", await self.told(order))
        assert code is not None
        return await self.told(f"{yes} {code[0]}")

    def audited(self) -> list[tuple[str, str]]:
        return [(line.actor, line.action) for line in self.region.audit_lines]


@pytest.fixture
def region() -> Region:
    made = Region()
    made.engine.news = asyncio.Queue()
    made.terminal("rakel-1")
    entries = (
        Organisation("lst", "Länsstyrelsen"),
        Function("tib", "lst", "TiB", ("+4684650400",), (DUTY,), radio_orders=True),
        Function("polis", "lst", "Vakthavande befäl", ("+4684650401",), (STRANGER,)),
        ActivationList("lista-1", "Inriktande nivå", ("tib", "polis")),
        ActivationList("lista-2", "Inre krets"),
        Forum("forum-1", "Inriktande forum", activation_list_id="lista-1", recorded=False),
    )
    for entry in entries:
        made.entries[(type(entry), entry.id)] = entry
    return made


@pytest.fixture
async def radio(region: Region) -> AsyncIterator[Radio]:
    made = Radio(region, ShortDataSettings())
    running = asyncio.create_task(made.orders.run())
    yield made
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("INKALLA Inriktande nivå", Order(Verb.CALL_IN, "Inriktande nivå", Language.SV)),
        ("  inkalla   a   b ", Order(Verb.CALL_IN, "a b", Language.SV)),
        ("Activate a", Order(Verb.CALL_IN, "a", Language.EN)),
        ("ja 0123", Order(Verb.CONFIRM, "0123", Language.SV)),
        ("YES 0123", Order(Verb.CONFIRM, "0123", Language.EN)),
        ("Nej.", Order(Verb.CANCEL, "", Language.SV)),
        ("status", Order(Verb.STATUS)),
        ("INSPELNING PÅ", Order(Verb.RECORD, "PÅ", Language.SV)),
        ("HJÄLP", Order(Verb.HELP, "", Language.SV)),
        ("hjalp!", Order(Verb.HELP, "", Language.SV)),
        ("HJA\u0308LP", Order(Verb.HELP, "", Language.SV)),
        ("Vi är på väg", None),
        ("Jaha", None),
        ("", None),
    ],
)
def test_what_is_an_order_and_what_is_talk(text: str, order: Order | None) -> None:
    assert read_order(text) == order


@pytest.mark.parametrize(
    ("word", "on"),
    [("PÅ", True), ("pa", True), ("På.", True), ("on", True), ("AV", False), ("off", False), ("?", None), ("", None)],
)
def test_on_and_off_with_and_without_rings(word: str, on: bool | None) -> None:
    assert on_or_off(word) is on


@pytest.mark.parametrize("name", ["lista-1", "Inriktande nivå", "INRIKTANDE NIVA", "inrik"])
async def test_a_list_is_named_by_id_name_or_its_beginning_and_asks_for_a_code(radio: Radio, name: str) -> None:
    text = await radio.told(f"INKALLA {name}")
    assert re.fullmatch(r"Kalla in Inriktande nivå: 2 funktioner\. Svara JA \d{4} inom 2 min\. NEJ avbryter\.", text)
    assert radio.region.engine.state.activations == {}


async def test_the_right_code_starts_it_in_a_new_conference_of_the_lists_forum(radio: Radio) -> None:
    assert await radio.confirmed("INKALLA lista-1") == (
        "Inkallning av Inriktande nivå har börjat: 2 funktioner. Ring 08-555 55 55."
    )
    (activation,) = radio.region.engine.state.activations.values()
    (conference,) = radio.region.engine.state.conferences.values()
    assert (activation.conference, activation.started_by) == (conference.id, "TiB (radio 1401001)")
    assert (conference.forum, conference.name, conference.recording.wanted) == ("forum-1", "Inriktande forum", False)


async def test_the_open_conference_of_the_forum_is_used(radio: Radio) -> None:
    held = Conference(ConferenceId("cnf-1"), MixId("mix-1"), "Stormen", NUMBER, NOW_S, forum="forum-1")
    ended = replace(held, id=ConferenceId("cnf-0"), state=ConferenceState.ENDED)
    radio.region.engine.keep(conferences={held.id: held, ended.id: ended})
    await radio.confirmed("INKALLA lista-1")
    (activation,) = radio.region.engine.state.activations.values()
    assert activation.conference == held.id


async def test_an_english_order_is_answered_in_english(radio: Radio) -> None:
    assert (await radio.confirmed("activate lista-1", "yes")).startswith("Call-in of Inriktande nivå has begun")


async def test_a_code_is_never_sent_unless_the_keeper_allows_it(region: Region) -> None:
    radio = Radio(region, ShortDataSettings(orders_tell_code=True))
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(radio.orders.run())
        assert (await radio.confirmed("INKALLA lista-1")).endswith("Ring 08-555 55 55. Kod 47110000#.")
        running.cancel()


async def test_no_takes_an_order_back(radio: Radio) -> None:
    text = await radio.told("INKALLA lista-1")
    assert await radio.told("NEJ") == "Avbrutet. Inget är gjort."
    assert await radio.told(f"JA {text.split('JA ')[1][:4]}") == "Ingen order väntar på svar."
    assert radio.region.engine.state.activations == {}


async def test_a_wrong_code_does_nothing_and_three_of_them_void_the_order(radio: Radio) -> None:
    code = (await radio.told("INKALLA lista-1")).split("JA ")[1][:4]
    wrong = f"{(int(code) + 1) % 10_000:04d}"
    assert await radio.told(f"JA {wrong}") == "Fel kod. Svara JA och koden."
    assert await radio.told("JA") == "Fel kod. Svara JA och koden."
    assert await radio.told(f"JA {wrong}") == "Fel kod för många gånger. Ordern gäller inte längre."
    assert await radio.told(f"JA {code}") == "Ingen order väntar på svar."
    assert radio.region.engine.state.activations == {}


async def test_a_code_is_good_for_two_minutes(radio: Radio) -> None:
    code = (await radio.told("INKALLA lista-1")).split("JA ")[1][:4]
    radio.region.clock.time_s += 121
    assert await radio.told(f"JA {code}") == "För sent. Ge ordern igen."
    assert radio.region.engine.state.activations == {}


async def test_one_confirmation_starts_one_call_out(radio: Radio) -> None:
    code = (await radio.told("INKALLA lista-1")).split("JA ")[1][:4]
    await radio.told(f"JA {code}")
    assert await radio.told(f"JA {code}") == "Ingen order väntar på svar."
    assert len(radio.region.engine.state.activations) == 1


async def test_the_code_is_of_no_use_from_another_radio(radio: Radio) -> None:
    radio.region.entries[(Function, "rsib")] = Function("rsib", "lst", "RSIB", (), (Issi(1401002),), radio_orders=True)
    code = (await radio.told("INKALLA lista-1")).split("JA ")[1][:4]
    assert await radio.told(f"JA {code}", Issi(1401002)) == "Ingen order väntar på svar."
    assert radio.region.engine.state.activations == {}


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("INKALLA", "Vilken lista? Inriktande nivå, Inre krets"),
        ("INKALLA In", "Vilken lista? Inriktande nivå, Inre krets"),
        ("INKALLA Brandkåren", "Listan finns inte. Listor: Inriktande nivå, Inre krets"),
        ("INKALLA Inre krets", "Listan Inre krets är tom."),
        ("HJÄLP", "INKALLA lista, STATUS, INSPELNING PÅ/AV, SLUT, JA kod, NEJ. Listor: Inriktande nivå, Inre krets"),
        ("HELP", "ACTIVATE list, STATUS, RECORDING ON/OFF, END, YES code, NO. Lists: Inriktande nivå, Inre krets"),
        ("STATUS", "Inget möte är öppet."),
        ("SLUT", "Inget möte är öppet."),
        ("INSPELNING", "Skriv INSPELNING PÅ eller INSPELNING AV."),
    ],
)
async def test_what_is_not_enough_is_told(radio: Radio, text: str, answer: str) -> None:
    assert await radio.told(text) == answer


async def test_status_tells_who_is_there_and_how_the_call_out_goes(radio: Radio) -> None:
    await radio.confirmed("INKALLA lista-1")
    engine = radio.region.engine
    (conference,) = engine.state.conferences
    radio.region.joins(conference, "08-465 004 01", function="Vakthavande befäl")
    target = next(one for one in engine.state.targets.values() if one.function == "Vakthavande befäl")
    radio.region.past_activations.append((next(iter(engine.state.activations.values())), [], []))
    engine.keep(targets={target.id: replace(target, state=TargetState.JOINED)})
    assert await radio.told("status") == (
        "Inriktande forum: 1 inne (Vakthavande befäl). "
        "Inkallning pågår: 1 deltar, 0 senare, 0 ej nådda, 1 återstår av 2."
    )


async def test_the_meeting_is_ended_with_a_code(radio: Radio) -> None:
    await radio.confirmed("INKALLA lista-1")
    assert await radio.confirmed("SLUT") == "Inriktande forum är avslutat."
    (conference,) = radio.region.engine.state.conferences.values()
    assert conference.state is ConferenceState.ENDED
    assert radio.region.codes == {}


async def test_recording_is_put_on_and_off(radio: Radio) -> None:
    await radio.confirmed("INKALLA lista-1")
    (key,) = radio.region.engine.state.conferences
    for text, on in (("INSPELNING PÅ", True), ("recording off", False), ("inspelning pa", True)):
        await radio.told(text)
        assert radio.region.engine.state.conferences[key].recording.wanted is on


async def test_of_several_meetings_the_one_of_his_talkgroup_is_meant_or_he_names_it(radio: Radio) -> None:
    meetings = {
        ConferenceId(f"cnf-{name}"): Conference(
            ConferenceId(f"cnf-{name}"), MixId(f"mix-{name}"), name, NUMBER, NOW_S, ConferenceState.ACTIVE
        )
        for name in ("Storm", "Damm")
    }
    radio.region.engine.keep(conferences=meetings)
    assert await radio.told("STATUS") == "Vilket möte? Storm, Damm"
    assert (await radio.told("STATUS", conference="cnf-Damm")).startswith("Damm: 0 inne.")
    assert (await radio.told("STATUS storm")).startswith("Storm: 0 inne.")
    assert await radio.told("INSPELNING PÅ storm") == "Inspelning på: Storm."


async def test_a_strangers_order_does_nothing_and_is_counted_and_audited(radio: Radio) -> None:
    await radio.says("INKALLA lista-1", STRANGER)
    await radio.says("SLUT", Issi(1))
    assert radio.answers() == []
    assert radio.region.engine.asked == []
    assert radio.orders.counts() == {"refused": 2}
    assert radio.audited() == [
        ("radio 1401999", "radio_order.not_allowed"),
        ("radio 1", "radio_order.not_allowed"),
    ]


async def test_a_flood_of_strange_orders_does_not_fill_the_audit_log(radio: Radio) -> None:
    for _ in range(30):
        await radio.says("INKALLA lista-1", STRANGER)
    assert radio.orders.counts() == {"refused": 30}
    assert len(radio.audited()) == 6


async def test_one_radio_may_give_six_orders_in_a_minute(radio: Radio) -> None:
    for _ in range(6):
        await radio.told("STATUS")
    await radio.says("STATUS")
    assert radio.answers() == []
    assert radio.orders.counts() == {"answered": 6, "braked": 1}
    radio.region.clock.time_s += 61
    await radio.told("STATUS")


async def test_talk_and_what_is_said_to_a_talkgroup_is_no_order(radio: Radio) -> None:
    await radio.says("Vi är framme om 5 min")
    await radio.says("INKALLA lista-1", group=True)
    assert radio.answers() == []
    assert radio.audited() == []
    assert radio.orders.counts() == {}


async def test_who_ordered_what_is_audited(radio: Radio) -> None:
    await radio.confirmed("INKALLA lista-1")
    assert radio.audited() == [
        ("TiB (radio 1401001)", "radio_order.call_in"),
        ("TiB (radio 1401001)", "radio_order.confirm"),
    ]


async def test_what_the_engine_refuses_is_told(radio: Radio) -> None:
    await radio.confirmed("INKALLA lista-1")
    await radio.told("STATUS")
    radio.region.engine.refusal = c.Refused("unavailable", "nothing can be saved now", retry=True)
    await radio.says("INSPELNING PÅ")
    assert radio.answers()[0].text == "Det gick inte: nothing can be saved now"


async def test_a_database_that_fails_stops_nothing(radio: Radio) -> None:
    radio.region.audit_fails = True
    await radio.says("STATUS")
    radio.region.audit_fails = False
    assert radio.orders.counts() == {"failed": 1}
    await radio.told("STATUS")


async def test_the_messages_show_the_host_what_was_an_order_and_whose(radio: Radio) -> None:

    await radio.says("INKALLA lista-1")
    await radio.says("INKALLA lista-1", STRANGER)
    await radio.says("Hej")
    names = await names_of(radio.region.parts())
    shown = [message_out(one, names) for one in radio.region.messages.values()]
    assert [(one.order, one.order_allowed) for one in shown] == [("call_in", True), ("call_in", False), (None, False)]
