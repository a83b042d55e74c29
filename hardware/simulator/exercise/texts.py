"""The player's words while it plays, in Swedish and English."""

from collections.abc import Callable
from typing import Final, Literal

Language = Literal["sv", "en"]

_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "plays": ("Övningen “{name}” spelas mot {where}", "The exercise “{name}” is played against {where}"),
    "would": ("Övningen “{name}” skulle spelas så här:", "The exercise “{name}” would be played so:"),
    "open": ("konferensen öppnas", "the conference is opened"),
    "opened": (
        "konferensen är öppen: ring {number}, kod {code}#",
        "the conference is open: call {number}, code {code}#",
    ),
    "patch": ("talgrupp {gssi} kopplas in", "talkgroup {gssi} is patched in"),
    "call_in": ("listan {list} kallas in", "the list {list} is called in"),
    "board": ("inkallningen: {board}", "the call-out: {board}"),
    "state": ("{state}", "{state}"),
    "radio": ("radio {issi} i {gssi}: “{says}”", "radio {issi} in {gssi}: “{says}”"),
    "emergency": ("NÖDANROP från radio {issi} i {gssi}: “{says}”", "EMERGENCY from radio {issi} in {gssi}: “{says}”"),
    "radio_text": ("radio {issi} sänder texten “{text}”", "radio {issi} sends the text “{text}”"),
    "dial_in": ("{number} ringer in", "{number} dials in"),
    "keys": ("{number} trycker {keys}", "{number} presses {keys}"),
    "say": ("{number} säger “{text}”", "{number} says “{text}”"),
    "hang_up": ("{number} lägger på", "{number} hangs up"),
    "floor": ("ordet leds som {mode}", "the floor is led as {mode}"),
    "round": ("ordet går runt ({among})", "the floor goes round ({among})"),
    "has_word": ("ordet till {name}", "the floor to {name}"),
    "spoke": ("{name} talade i {seconds:.0f} s", "{name} spoke for {seconds:.0f} s"),
    "kept_word": ("{name} lämnade inte tillbaka ordet på {seconds:.0f} s", "{name} kept the floor for {seconds:.0f} s"),
    "expect": ("väntat: {expected}", "expected: {expected}"),
    "pause": ("paus", "a pause"),
    "end": ("konferensen avslutas", "the conference is ended"),
    "fails": ("det gick inte: {reason}", "it failed: {reason}"),
    "results": ("Resultat", "Results"),
    "met": ("uppfyllt", "met"),
    "missed": ("inte uppfyllt", "missed"),
    "all_met": ("Allt blev som väntat ({count}).", "Everything was as expected ({count})."),
    "some_missed": ("{missed} av {count} blev inte som väntat.", "{missed} of {count} were not as expected."),
    "interrupted": ("Avbruten; det som öppnades stängs.", "Interrupted; what was opened is closed."),
    "at_least": ("minst {count}", "at least {count}"),
    "at_most": ("högst {count}", "at most {count}"),
    "within": ("inom {seconds:g} s", "within {seconds:g} s"),
    "seen": ("blev {seen}", "was {seen}"),
    "step_of": ("steg {number} ({do})", "step {number} ({do})"),
    "what.ready": ("alla delar i drift", "all parts ready"),
    "what.joined": ("som deltar efter inkallningen", "joined by the call-out"),
    "what.answered": ("som har svarat med en tangent", "answered with a key"),
    "what.settled": ("färdiga på tavlan", "settled on the board"),
    "what.present": ("i mötet", "in the meeting"),
    "what.queue": ("på talarlistan", "in the queue"),
    "what.spoke": ("som har talat", "have spoken"),
    "what.transmissions": ("sändningar från mötet i luften", "transmissions from the meeting on the air"),
    "what.recordings": ("inspelningar i arkivet", "recordings in the archive"),
    "what.target": ("{organisation}: {state}", "{organisation}: {state}"),
}
_VALUES: Final[dict[str, str]] = {
    "open": "fritt",
    "lecture": "föredragning",
    "queue": "talarlista",
    "present": "alla i mötet",
    "waiting": "väntar",
    "calling": "ringer",
    "asked": "svarat",
    "joined": "deltar",
    "lost": "tappad linje",
    "later": "kommer senare",
    "cannot": "kan inte",
    "unreachable": "ej nådd",
    "cancelled": "återtagen",
}
"""The API's values in Swedish."""


def value(language: Language, name: str) -> str:
    """A value of the API as people say it."""
    return _VALUES.get(name, name) if language == "sv" else name


def teller(language: Language) -> Callable[..., str]:
    """A function from the name of a text and its values to words."""
    index = 0 if language == "sv" else 1

    def tell(name: str, /, **values: object) -> str:
        said = {key: value(language, one) if isinstance(one, str) else one for key, one in values.items()}
        return _TEXTS[name][index].format(**said)

    return tell
