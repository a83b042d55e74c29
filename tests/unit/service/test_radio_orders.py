"""A duty officer with nothing but a radio calls a list in and steers the meeting; nobody else can."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from bridge.domain.callout.records import ACTIVATIONS
from bridge.domain.conference.commands import EndConference
from bridge.domain.conference.records import CONFERENCES, ConferenceState
from bridge.domain.decisions.records import Answer, AnswerWay
from bridge.domain.directory.records import ActivationList, Forum, Function, Organisation
from bridge.domain.kernel.ids import ConferenceId, Gssi, Issi, ParticipantId, PatchId, TerminalName
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.replies import Refused
from bridge.domain.radio.commands import AddPatch
from bridge.domain.radio.records import PatchState
from bridge.domain.shortdata.reasons import ShortDataReason
from bridge.domain.shortdata.records import MessageDirection
from bridge.service import Service
from bridge.service.conferences import NewConference
from bridge.service.orders.desk import OrderRules, RadioOrders
from bridge.service.orders.grammar import Order, Verb, on_or_off, read_order
from bridge.service.orders.receipts import RadioReceipts
from bridge.service.participants import Ring
from bridge.words import say
from tests.harness.principals import somebody
from tests.harness.wait import until
from tests.unit.api.devices import Sent
from tests.unit.api.region import WAIT_S, Region, a_region

DUTY, STRANGER = Issi(1401001), Issi(1401999)


class Radio:
    """The radios of the network, and what the program answers them."""

    def __init__(self, region: Region, rules: OrderRules) -> None:
        self.region = region
        self.service = Service.on(region.ports())
        self.orders = RadioOrders(self.service, region.ports(), rules)
        self._read = 0

    async def says(self, text: str, issi: Issi = DUTY, *, group: bool = False) -> None:
        """A text comes in; where it is an order, it is heeded."""
        heeded = sum(self.orders.counts().values())
        await self.region.text_comes(text, issi, receiver=2401 if group else 1001, group=group)
        if not group and read_order(text) is not None:
            await until(lambda: sum(self.orders.counts().values()) > heeded, WAIT_S, every_s=0.002)

    def answers(self) -> list[Sent]:
        """Those not read before."""
        sent = self.region.radio.sent
        new, self._read = sent[self._read :], len(sent)
        return new

    async def told(self, text: str, issi: Issi = DUTY) -> str:
        """The one answer to a text."""
        await self.says(text, issi)
        answer = await until(lambda: self.region.radio.sent[self._read], WAIT_S, every_s=0.002)
        assert self.answers() == [answer]
        assert (answer.receiver, answer.group, answer.terminal) == (issi, False, "rakel-1")
        assert answer.text is not None
        await self.region.happened()
        return answer.text

    async def confirmed(self, order: str, yes: str = "JA") -> str:
        code = re.search(r"\b\d{4}\b", await self.told(order))
        assert code is not None
        return await self.told(f"{yes} {code[0]}")

    async def audited(self) -> list[tuple[str, str]]:
        return [(row.actor, row.action) for row in await self.region.audited("radio_order.")]

    async def are_audited(self, *lines: tuple[str, str]) -> None:
        """Exactly these lines come to stand in the audit log."""

        async def there() -> bool:
            return await self.audited() == [*lines]

        await until(there, WAIT_S, every_s=0.002)

    async def opens(self, name: str, forum: str | None = None) -> ConferenceId:
        """A meeting is open, which somebody has opened over the API."""
        opened = await self.service.conferences.open(somebody("operator"), NewConference(name, forum=forum))
        return opened.conference.id


@pytest.fixture
async def region() -> AsyncIterator[Region]:
    async with a_region() as made:
        await made.terminal("rakel-1")
        await made.has(
            Organisation("lst", "Länsstyrelsen"),
            Function("tib", "lst", "TiB", ("+46846500400",), (DUTY,), radio_orders=True),
            Function("polis", "lst", "Vakthavande befäl", ("+46846500401",), (STRANGER,)),
            ActivationList("lista-1", "Inriktande nivå", ("tib", "polis")),
            ActivationList("lista-2", "Inre krets"),
            Forum("forum-1", "Inriktande forum", activation_list_id="lista-1", recorded=False),
        )
        yield made


@asynccontextmanager
async def heeded(region: Region, rules: OrderRules) -> AsyncIterator[Radio]:
    made = Radio(region, rules)
    running = asyncio.create_task(made.orders.run())
    try:
        yield made
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@pytest.fixture
async def radio(region: Region) -> AsyncIterator[Radio]:
    async with heeded(region, OrderRules()) as made:
        yield made


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
        ("KVITTERA", Order(Verb.ACKNOWLEDGE, "", Language.SV)),
        ("reserve 2", Order(Verb.RESERVE, "2", Language.EN)),
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
    assert radio.region.node()[ACTIVATIONS] == {}


async def test_the_right_code_starts_it_in_a_new_conference_of_the_lists_forum(radio: Radio) -> None:
    assert await radio.confirmed("INKALLA lista-1") == (
        "Inkallning av Inriktande nivå har börjat: 2 funktioner. Ring 08-555 55 55."
    )
    (activation,) = radio.region.node()[ACTIVATIONS].values()
    (conference,) = radio.region.node()[CONFERENCES].values()
    assert (activation.conference, activation.started_by) == (conference.id, "TiB (radio 1401001)")
    assert (conference.forum, conference.name, conference.recording.wanted) == ("forum-1", "Inriktande forum", False)


async def test_an_answer_by_radio_gets_one_receipt_by_the_terminal_that_it_came_to(radio: Radio) -> None:
    await radio.confirmed("INKALLA lista-1")
    receipts = RadioReceipts(radio.region.ports())
    running = asyncio.create_task(receipts.run())
    try:
        await asyncio.sleep(0)
        assert await radio.told("2 30") == "Svaret är mottaget: du kommer om 30 min."
        await radio.says("2 30")
        assert await radio.told("3") == "Svaret är mottaget: du kan inte."
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def test_the_open_conference_of_the_forum_is_used(radio: Radio) -> None:
    ended, held = await radio.opens("Snön", "forum-1"), await radio.opens("Stormen", "forum-1")
    await radio.region.ask(somebody("operator"), EndConference(ended))
    await radio.confirmed("INKALLA lista-1")
    (activation,) = radio.region.node()[ACTIVATIONS].values()
    assert activation.conference == held


async def test_an_english_order_is_answered_in_english(radio: Radio) -> None:
    assert (await radio.confirmed("activate lista-1", "yes")).startswith("Call-in of Inriktande nivå has begun")


async def test_a_code_is_never_sent_unless_the_keeper_allows_it(region: Region) -> None:
    async with heeded(region, OrderRules(tell_code=True)) as radio:
        told = await radio.confirmed("INKALLA lista-1")
    (conference,) = region.node()[CONFERENCES]
    code, _ = await region.codes_of(conference)
    assert told.endswith(f"Ring 08-555 55 55. Kod {code}#.")


async def test_no_takes_an_order_back(radio: Radio) -> None:
    text = await radio.told("INKALLA lista-1")
    assert await radio.told("NEJ") == "Avbrutet. Inget är gjort."
    assert await radio.told(f"JA {text.split('JA ')[1][:4]}") == "Ingen order väntar på svar."
    assert radio.region.node()[ACTIVATIONS] == {}


async def test_a_wrong_code_does_nothing_and_three_of_them_void_the_order(radio: Radio) -> None:
    code = (await radio.told("INKALLA lista-1")).split("JA ")[1][:4]
    wrong = f"{(int(code) + 1) % 10_000:04d}"
    assert await radio.told(f"JA {wrong}") == "Fel kod. Svara JA och koden."
    assert await radio.told("JA") == "Fel kod. Svara JA och koden."
    assert await radio.told(f"JA {wrong}") == "Fel kod för många gånger. Ordern gäller inte längre."
    assert await radio.told(f"JA {code}") == "Ingen order väntar på svar."
    assert radio.region.node()[ACTIVATIONS] == {}


async def test_a_code_is_good_for_two_minutes(radio: Radio) -> None:
    code = (await radio.told("INKALLA lista-1")).split("JA ")[1][:4]
    radio.region.clock.time_s += 121
    assert await radio.told(f"JA {code}") == "För sent. Ge ordern igen."
    assert radio.region.node()[ACTIVATIONS] == {}


async def test_one_confirmation_starts_one_call_out(radio: Radio) -> None:
    code = (await radio.told("INKALLA lista-1")).split("JA ")[1][:4]
    await radio.told(f"JA {code}")
    assert await radio.told(f"JA {code}") == "Ingen order väntar på svar."
    assert len(radio.region.node()[ACTIVATIONS]) == 1


async def test_the_code_is_of_no_use_from_another_radio(radio: Radio) -> None:
    await radio.region.has(Function("rsib", "lst", "RSIB", (), (Issi(1401002),), radio_orders=True))
    code = (await radio.told("INKALLA lista-1")).split("JA ")[1][:4]
    assert await radio.told(f"JA {code}", Issi(1401002)) == "Ingen order väntar på svar."
    assert radio.region.node()[ACTIVATIONS] == {}


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("INKALLA", "Vilken lista? Inre krets, Inriktande nivå"),
        ("INKALLA In", "Vilken lista? Inre krets, Inriktande nivå"),
        ("INKALLA Brandkåren", "Listan finns inte. Listor: Inre krets, Inriktande nivå"),
        ("INKALLA Inre krets", "Listan Inre krets är tom."),
        (
            "HJÄLP",
            "INKALLA lista, STATUS, INSPELNING PÅ/AV, KVITTERA, RESERVERA, SLUT, JA kod, NEJ. "
            "Listor: Inre krets, Inriktande nivå",
        ),
        (
            "HELP",
            "ACTIVATE list, STATUS, RECORDING ON/OFF, ACKNOWLEDGE, RESERVE, END, YES code, NO. "
            "Lists: Inre krets, Inriktande nivå",
        ),
        ("KVITTERA", "Inget möte är öppet."),
        ("STATUS", "Inget möte är öppet."),
        ("SLUT", "Inget möte är öppet."),
        ("INSPELNING", "Skriv INSPELNING PÅ eller INSPELNING AV."),
    ],
)
async def test_what_is_not_enough_is_told(radio: Radio, text: str, answer: str) -> None:
    assert await radio.told(text) == answer


async def test_status_tells_who_is_there_and_how_the_call_out_goes(radio: Radio) -> None:
    await radio.confirmed("INKALLA lista-1")
    await radio.region.is_called_in("+46846500401")
    assert await radio.told("status") == (
        "Inriktande forum: 1 inne (Vakthavande befäl). "
        "Inkallning pågår: 1 deltar, 0 senare, 0 ej nådda, 1 återstår av 2."
    )


async def test_the_meeting_is_ended_with_a_code(radio: Radio) -> None:
    await radio.confirmed("INKALLA lista-1")
    assert await radio.confirmed("SLUT") == "Inriktande forum är avslutat."
    await until(lambda: radio.region.node()[CONFERENCES] == {}, WAIT_S)
    (conference,) = await radio.region.archive.conferences()
    assert conference.state is ConferenceState.ENDED
    assert await radio.region.codes_in_use() == 0


async def test_recording_is_put_on_and_off(radio: Radio) -> None:
    await radio.confirmed("INKALLA lista-1")
    (key,) = radio.region.node()[CONFERENCES]
    for text, on in (("INSPELNING PÅ", True), ("recording off", False), ("inspelning pa", True)):
        await radio.told(text)
        assert radio.region.node()[CONFERENCES][key].recording.wanted is on


async def test_of_several_meetings_the_one_of_their_talkgroup_is_meant_or_they_name_it(radio: Radio) -> None:
    region = radio.region
    for name in ("Storm", "Damm"):
        await region.joins(await radio.opens(name), "Kommunen")
    assert await radio.told("STATUS") == "Vilket möte? Storm, Damm"
    assert (await radio.told("STATUS storm")).startswith("Storm: 1 inne")
    assert await radio.told("INSPELNING PÅ storm") == "Inspelning på: Storm."
    damm = next(one.id for one in region.node()[CONFERENCES].values() if one.name == "Damm")
    patch, voice = PatchId("pat-1"), ParticipantId("prt-radio")
    await region.ask(somebody("operator"), AddPatch(damm, patch, voice, TerminalName("rakel-1"), Gssi(2401), "Ledning"))
    await region.patch_is(patch, PatchState.IDLE)
    assert (await radio.told("STATUS")).startswith("Damm: 2 inne")


async def test_a_strangers_order_does_nothing_and_is_counted_and_audited(radio: Radio) -> None:
    await radio.says("INKALLA lista-1", STRANGER)
    await radio.says("SLUT", Issi(1))
    assert radio.answers() == []
    assert radio.region.asked == []
    assert radio.orders.counts() == {"refused": 2}
    await radio.are_audited(("radio 1401999", "radio_order.not_allowed"), ("radio 1", "radio_order.not_allowed"))


async def test_a_flood_of_strange_orders_does_not_fill_the_audit_log(radio: Radio) -> None:
    for _ in range(30):
        await radio.says("INKALLA lista-1", STRANGER)
    assert radio.orders.counts() == {"refused": 30}
    assert len(await radio.audited()) == 6


async def test_one_radio_may_give_six_orders_in_a_minute(radio: Radio) -> None:
    for _ in range(6):
        await radio.told("STATUS")
    await radio.says("STATUS")
    await radio.region.happened()
    assert radio.answers() == []
    assert radio.orders.counts() == {"answered": 6, "braked": 1}
    radio.region.clock.time_s += 61
    await radio.told("STATUS")


async def test_talk_and_what_is_said_to_a_talkgroup_is_no_order(radio: Radio) -> None:
    await radio.says("Vi är framme om 5 min")
    await radio.says("INKALLA lista-1", group=True)
    assert await radio.told("STATUS") == "Inget möte är öppet."
    assert await radio.audited() == [("TiB (radio 1401001)", "radio_order.status")]
    assert radio.orders.counts() == {"answered": 1}


async def test_who_ordered_what_is_audited(radio: Radio) -> None:
    await radio.confirmed("INKALLA lista-1")
    assert await radio.audited() == [
        ("TiB (radio 1401001)", "radio_order.call_in"),
        ("TiB (radio 1401001)", "radio_order.confirm"),
    ]


async def test_what_the_engine_refuses_is_told(radio: Radio) -> None:
    meeting = await radio.opens("Snön", "forum-1")
    asked = await radio.told("INKALLA lista-1")
    reason = ShortDataReason.TOO_MANY_WAIT(most=200)
    radio.region.refuses_next(Refused("unavailable", reason, retry=True))
    told = await radio.told(f"JA {asked.split('JA ')[1][:4]}")
    assert told == f"Det gick inte: {say(reason, Language.SV)}"
    assert radio.region.node()[CONFERENCES][meeting].state is ConferenceState.OPEN
    assert radio.region.node()[ACTIVATIONS] == {}


async def test_a_meeting_that_somebody_else_has_ended_is_ended(radio: Radio) -> None:
    meeting = await radio.opens("Storm")
    asked = await radio.told("SLUT")
    await radio.region.ask(somebody("operator"), EndConference(meeting))
    await until(lambda: radio.region.node()[CONFERENCES] == {}, WAIT_S)
    assert await radio.told(f"JA {asked.split('JA ')[1][:4]}") == "Storm är avslutat."


async def test_a_database_that_fails_stops_nothing(radio: Radio) -> None:
    radio.region.audit_disk.is_full = True
    await radio.says("STATUS")
    radio.region.audit_disk.is_full = False
    assert radio.orders.counts() == {"failed": 1}
    await radio.told("STATUS")


async def test_an_order_that_could_not_be_saved_when_it_came_is_heeded_when_it_is(radio: Radio) -> None:
    radio.region.disk.is_full = True
    await radio.region.text_comes("STATUS", DUTY)
    radio.region.disk.is_full = False
    answer = await until(lambda: radio.region.radio.sent[0], WAIT_S)
    assert answer.text == "Inget möte är öppet."


async def test_an_order_that_cannot_be_saved_is_given_up_after_a_minute_and_counted(radio: Radio) -> None:
    radio.region.disk.is_full = True
    await radio.region.text_comes("STATUS", DUTY)
    radio.region.clock.time_s += 61
    await until(lambda: radio.orders.counts() == {"failed": 1}, WAIT_S)
    radio.region.disk.is_full = False


async def test_the_messages_show_the_host_what_was_an_order_and_whose(radio: Radio) -> None:

    await radio.says("INKALLA lista-1")
    await radio.says("INKALLA lista-1", STRANGER)
    await radio.says("Hej")
    came = await radio.service.shortdata.find(somebody(), direction=MessageDirection.IN)
    shown = sorted(came, key=lambda one: one.message.id)
    read = [(one.order.verb if one.order else None, one.order_allowed) for one in shown]
    assert read == [(Verb.CALL_IN, True), (Verb.CALL_IN, False), (None, False)]


async def test_an_organisation_answers_a_decision_by_radio_by_its_number_or_the_one_asked_about(radio: Radio) -> None:
    conference, leader = await radio.opens("Stormen"), somebody("operator")
    decisions, number = radio.service.decisions, "+46846500402"
    assert await radio.told("KVITTERA") == "Det gick inte: inget beslut kvitteras nu"
    await radio.region.has(Organisation("rtj", "Räddningstjänsten"), Function("inre", "rtj", "Inre befäl", (number,)))
    await radio.service.participants.ring(leader, conference, Ring(function_id="inre"))
    await radio.region.is_called_in(number)
    for _ in range(2):
        begun = await decisions.begin(leader, conference, None)
        radio.region.clock.time_s += 20
        await decisions.end(leader, conference, begun.decision.id)
    assert await radio.told("KVITTERA") == "Beslut 2 kvitterat för Länsstyrelsen."
    assert await radio.told("RESERVERA 1") == "Länsstyrelsen reserverar sig mot beslut 1."
    found = [one for each in await decisions.find(leader, conference) for one in each.acknowledgements]
    ours = [one for one in found if one.organisation == "Länsstyrelsen"]
    assert [(one.answer, one.way, one.by) for one in ours] == [
        (Answer.RESERVED, AnswerWay.RADIO, "TiB (radio 1401001)"),
        (Answer.ACKNOWLEDGED, AnswerWay.RADIO, "TiB (radio 1401001)"),
    ]
    assert await radio.told("KVITTERA 7") == "Det gick inte: beslutet finns inte i konferensen"


async def test_a_radio_without_the_right_to_give_orders_answers_for_nobody(radio: Radio) -> None:
    conference, leader = await radio.opens("Stormen"), somebody("operator")
    begun = await radio.service.decisions.begin(leader, conference, None)
    await radio.service.decisions.end(leader, conference, begun.decision.id)
    await radio.says("KVITTERA 1", STRANGER)
    [sheet] = await radio.service.decisions.find(leader, conference)
    assert sheet.acknowledgements == ()
