"""What is mutated: dialogues captured from real terminals, and dialogues that the simulated terminal writes."""

import random

from hardware.simulator.identity import Form, HomeNetwork
from hardware.simulator.indications import Writer
from tests.unit.rakel import dialogue

FORMS: tuple[Form, ...] = ("ssi", "tsi15", "tsi16", "ext17")
GSSI = 2001
OWN_ISSI = dialogue.OWN_ISSI
PEOPLE = (1_002_001, 1_002_002, OWN_ISSI)
FINALS = (
    b"\r\nOK\r\n",
    b"\r\nERROR\r\n",
    b"\r\n+CME ERROR: 3\r\n",
    b"\r\n+CME ERROR: 35\r\n",
    b"\r\n+CME ERROR: 42\r\n",
)


def captured() -> list[list[bytes]]:
    """Each dialogue as its pieces, in order."""
    return [
        [dialogue.on_the_wire(line) for line in dialogue.lines_of(name) if line.startswith("<")]
        for name in dialogue.names()
    ]


def simulated(chance: random.Random, calls: int) -> list[bytes]:
    """The lines of a simulated terminal for so many calls of its group, in one of its manners. Some calls are ours."""
    writer = Writer(HomeNetwork(), chance.choice(FORMS))
    said: list[str] = []
    for _ in range(calls):
        instance = chance.randint(0, 14)
        said += _call(writer, chance, instance)
    return [f"\r\n{text}\r\n".encode("latin-1") for text in said]


def _call(writer: Writer, chance: random.Random, instance: int) -> list[str]:
    ours = chance.random() < 0.5
    priority = 15 if chance.random() < 0.05 else 0
    caller = chance.choice((None, *PEOPLE))
    begin = writer.call_progress(instance) if ours else writer.incoming_call(instance, caller, GSSI, priority)
    said = [begin, writer.connected(instance)]
    for _ in range(chance.randint(1, 4)):
        said += _turn(writer, chance, instance, ours=ours)
    if chance.random() < 0.8:
        said.append(writer.released(instance, chance.choice((1, 5, 9, 13, 37))))
    if chance.random() < 0.2:
        said.append(writer.message(12, PEOPLE[0], OWN_ISSI, 112, "82040801476A6174616A61676A61"))
    if chance.random() < 0.2:
        said.append(writer.registration(chance.choice((0, 1, 2, 5))))
    return said


def _turn(writer: Writer, chance: random.Random, instance: int, *, ours: bool) -> list[str]:
    talker = chance.choice((None, *PEOPLE))
    kinds = {
        "own": [writer.grant(instance, 0)],
        "other": [writer.grant(instance, 3, talker=talker)],
        "refused": [writer.grant(instance, 1, may_ask=chance.random() < 0.5)],
        "queued": [writer.grant(instance, 2), writer.grant(instance, chance.choice((0, 3)))],
        "interrupted": [writer.grant(instance, 0), writer.interrupted(instance, chance.choice((0, 1, 3)), talker)],
        "cell": [writer.wait(instance), writer.goes_on(instance)],
    }
    turn = kinds[chance.choice(list(kinds)) if ours or chance.random() < 0.3 else "other"]
    return [*turn, writer.ceased(instance)] if chance.random() < 0.8 else turn
