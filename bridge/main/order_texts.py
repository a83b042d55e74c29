"""What is answered to orders by radio, Swedish and English side by side. Short: a text holds some 120 characters."""

from typing import Final

from bridge.domain.model import Language

_TEXTS: Final = {
    "confirm_call_in": (
        "Kalla in {name}: {count} funktioner. Svara JA {code} inom {minutes:g} min. NEJ avbryter.",
        "Call in {name}: {count} functions. Answer YES {code} within {minutes:g} min. NO cancels.",
    ),
    "confirm_end": (
        "Avsluta {name}: {count} inne. Svara JA {code} inom {minutes:g} min. NEJ avbryter.",
        "End {name}: {count} in it. Answer YES {code} within {minutes:g} min. NO cancels.",
    ),
    "called_in": ("Inkallning av {name} har börjat: {count} funktioner. Ring {number}.{code}",
                  "Call-in of {name} has begun: {count} functions. Dial {number}.{code}"),
    "code": (" Kod {code}#.", " Code {code}#."),
    "ended": ("{name} är avslutat.", "{name} has ended."),
    "cancelled": ("Avbrutet. Inget är gjort.", "Cancelled. Nothing is done."),
    "nothing_waits": ("Ingen order väntar på svar.", "No order waits for an answer."),
    "too_late": ("För sent. Ge ordern igen.", "Too late. Give the order again."),
    "wrong_code": ("Fel kod. Svara JA och koden.", "Wrong code. Answer YES and the code."),
    "wrong_codes": ("Fel kod för många gånger. Ordern gäller inte längre.", "Too many wrong codes. The order is void."),
    "no_list": ("Listan finns inte. Listor: {names}", "There is no such list. Lists: {names}"),
    "which_list": ("Vilken lista? {names}", "Which list? {names}"),
    "empty_list": ("Listan {name} är tom.", "The list {name} is empty."),
    "no_meeting": ("Inget möte är öppet.", "No meeting is open."),
    "which_meeting": ("Vilket möte? {names}", "Which meeting? {names}"),
    "status": ("{name}: {count} inne{who}.", "{name}: {count} in it{who}."),
    "status_recording": (" Spelas in.", " Recorded."),
    "status_activation": (
        " Inkallning {state}: {joined} deltar, {later} senare, {missing} ej nådda, {left} återstår av {total}.",
        " Call-in {state}: {joined} joined, {later} later, {missing} not reached, {left} left of {total}.",
    ),
    "state_open": ("pågår", "under way"),
    "state_done": ("klar", "done"),
    "state_cancelled": ("avbruten", "cancelled"),
    "recording_on": ("Inspelning på: {name}.", "Recording on: {name}."),
    "recording_off": ("Inspelning av: {name}.", "Recording off: {name}."),
    "on_or_off": ("Skriv INSPELNING PÅ eller INSPELNING AV.", "Write RECORDING ON or RECORDING OFF."),
    "failed": ("Det gick inte: {reason}", "It did not work: {reason}"),
    "help": (
        "INKALLA lista, STATUS, INSPELNING PÅ/AV, SLUT, JA kod, NEJ. Listor: {names}",
        "ACTIVATE list, STATUS, RECORDING ON/OFF, END, YES code, NO. Lists: {names}",
    ),
}  # fmt: skip


def say(language: Language, key: str, **values: str | float) -> str:
    return _TEXTS[key][0 if language is Language.SV else 1].format(**values)
