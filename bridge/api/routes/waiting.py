"""The waiting room of a conference: who waits, letting them in, and words to them."""

from bridge.api.dependencies import TheService
from bridge.api.resource import resource
from bridge.api.routes.conferences import ConferenceKey
from bridge.api.routes.participants import ParticipantKey
from bridge.api.security import Asker
from bridge.api.text import Input, Key
from bridge.api.views import ParticipantOut, participant_out
from bridge.domain.kernel.ids import ParticipantId
from bridge.domain.waiting.commands import Message

router = resource("/conferences/{conference}/waiting", "waiting room")


class SayIn(Input):
    """A message to those who wait."""

    message: Message
    """`soon`: the meeting begins soon. `delayed`: it is late, and they may call again. `busy`: it is known that they
    wait."""


class SpeakIn(Input):
    """A host who speaks to those who wait."""

    participant: Key | None
    """A host's telephone in the meeting, by id; null ends it."""


@router.get("")
async def list_waiting(conference: ConferenceKey, service: TheService, asker: Asker) -> list[ParticipantOut]:
    """Those who wait to be let in, the first first. The last are those out of the emergency room. They wait together
    and hear each other in another conference, `rescued_from`."""
    return [participant_out(one) for one in await service.waiting.find(asker, conference)]


@router.post("/let-in")
async def let_all_in(conference: ConferenceKey, service: TheService, asker: Asker) -> list[ParticipantOut]:
    """Let everybody in who waits; gives those. Each hears so, and is in the conference some seconds later."""
    return [participant_out(one) for one in await service.waiting.let_all_in(asker, conference)]


@router.post("/say")
async def say(conference: ConferenceKey, body: SayIn, service: TheService, asker: Asker) -> list[ParticipantOut]:
    """Say something to everybody who waits, in the language of each; gives those. They keep their place."""
    return [participant_out(one) for one in await service.waiting.say(asker, conference, body.message)]


@router.post("/speak")
async def speak(conference: ConferenceKey, body: SpeakIn, service: TheService, asker: Asker) -> list[ParticipantOut]:
    """Let a host speak to everybody who waits, with their own voice; gives those. The meeting goes on without the host.
    Those who wait hear the host and nobody else, and nobody hears them. It ends with `null`, when the host keys `#7`,
    and after a minute."""
    participant = ParticipantId(body.participant) if body.participant is not None else None
    return [participant_out(one) for one in await service.waiting.speak(asker, conference, participant)]


@router.post("/{participant}/let-in")
async def let_in(
    conference: ConferenceKey, participant: ParticipantKey, service: TheService, asker: Asker
) -> ParticipantOut:
    """Let one in, whichever place in the line they have. One of those who wait together (`rescued_from`) is let in with
    all of them, and gets a new `id`. To turn somebody away, remove the participant."""
    return participant_out(await service.waiting.let_in(asker, conference, participant))
