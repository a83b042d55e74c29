"""`*4`: a host hears how many are here, and who: hosts first, then functions and talkgroups by name.

Callers of whom only a number is known are counted and not read out. So are lines without encryption, where secrecy
applies.
"""

from typing import Final

from bridge.domain.alarms import prompts as alarm_prompts
from bridge.domain.alarms.counts import unacknowledged
from bridge.domain.conference import keypad, people
from bridge.domain.conference.records import Conference, Seat, Secrecy
from bridge.domain.kernel import phrases
from bridge.domain.kernel.capability import Capability
from bridge.domain.kernel.phrases import Prompt
from bridge.domain.kernel.step import Step
from bridge.domain.presence import prompts

MOST_NAMES: Final = 60
"""More names take more than two minutes; the rest is counted."""


def say(step: Step, conference: Conference, host: Seat) -> None:
    """The answer to the key, in a whisper while the conference goes on."""
    present = people.present(step, conference.id)
    hosts = [one for one in present if one.leads]
    others = [one for one in present if not one.leads and people.name_of(one)]
    unnamed = len(present) - len(hosts) - len(others)
    said = [phrases.number(len(present)), prompts.PRESENCE_COUNT]
    if hosts:
        said += [prompts.PRESENCE_HOST, *_names(hosts)]
    said += _names(others)
    if unnamed:
        said += [phrases.number(unnamed), prompts.PRESENCE_UNNAMED]
    said += _unencrypted(conference, present)
    said += _alarms(step)
    keypad.read_out(step, host, *said)


def _unencrypted(conference: Conference, present: list[Seat]) -> list[Prompt]:
    """Where secrecy applies, a host who leads by ear alone hears of lines that are not encrypted."""
    found = sum(one.encrypted is False for one in present) if conference.secrecy is Secrecy.SECRET else 0
    return [phrases.number(found), prompts.PRESENCE_NOT_ENCRYPTED] if found else []


def _alarms(step: Step) -> list[Prompt]:
    """A host who leads by ear alone hears of alarms that nobody has acknowledged."""
    found = unacknowledged(step.node)
    return [phrases.number(found), alarm_prompts.ALARMS_COUNT] if found else []


def _names(of: list[Seat]) -> list[Prompt]:
    said = [name for one in of[:MOST_NAMES] for name in people.name_of(one) or (phrases.spoken(one.name),)]
    more = len(of) - MOST_NAMES
    return said if more <= 0 else [*said, phrases.number(more), prompts.PRESENCE_MORE]


PRESENCE: Final = Capability(
    "presence",
    prompts=prompts,
    keys=(keypad.for_hosts("*4", "hear how many are here, and who", prompts.HELP_STAR_4, say),),
)
