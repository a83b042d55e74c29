"""The console's pages: every word that they show is in the catalogue, and no word is there for nothing."""

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import pytest

import bridge
from bridge import words
from bridge.domain.access.accounts import AccountState, FactorKind, LoginBy
from bridge.domain.access.looking import LOOKS
from bridge.domain.alarms.kinds import Priority
from bridge.domain.callout.records import ActivationState, TargetState
from bridge.domain.conference.records import ConferenceState, LegKind, OffRecord, RecordingState, Role
from bridge.domain.decisions.records import Answer, DecisionState
from bridge.domain.handover.records import Form, HandoverState, Step
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.principal import AccessRole
from bridge.domain.radio.events import TerminalState
from bridge.domain.radio.records import Keying, PatchState, Precedence
from bridge.domain.recording.records import ArchiveState
from bridge.domain.rollcall.records import Attendance, RollCallState
from bridge.domain.shortdata.records import MessageState
from bridge.rakel.health import Alarm

CONSOLE = Path(bridge.__file__).parent / "api" / "console"
SOURCES = {
    path: path.read_text(encoding="utf-8") for pattern in ("*.js", "*.html", "*.py") for path in CONSOLE.rglob(pattern)
}
NAMED = re.compile(r"\bwords\.([a-z_]+)\b")
MADE = re.compile(r"words\[`([a-z_]*)\$\{")
UPKEEP = re.compile(r"\b(?:told|pages)\.([a-z_0-9]+)\b(?!\()")
"""Of the pages of upkeep, which have a section of their own."""
UPKEEP_MADE = re.compile(r"(?:told\[`|pages\[\")([a-z_]+_)(?:\$\{|\" ~)")
OF_ANSWERS = frozenset({"html", "parts", "reasons"})
"""Members of answers that a script calls `told` too."""
ACT = re.compile(
    r"(?:step\.audit|keypad\.audit|Audit|self\._audit|self\._tell?d?|self\._note)\(([^()]*(?:\([^()]*\)[^()]*)*)\)"
)
NO_ACTS = frozenset({"codes.key"})
NOT_WORDS = frozenset({"locale", "sections", "js"})
MADE_OF_FIELDS: dict[str, Sequence[str]] = {
    "note_": (
        *("joined", "left", "line_lost", "floor_given", "off_record", "on_record", "recording_gap"),
        *("recording_stopped", "decision_begun"),
    ),
    "smarr_": ("purpose", "goal", "agenda", "resources", "rules"),
}
"""Words that a script makes of a kind of note, or of a part of an agenda. Most kinds have none."""
STATES: dict[str, type[StrEnum]] = {
    "access_role_": AccessRole,
    "account_state_": AccountState,
    "activation_state_": ActivationState,
    "alarm_priority_": Priority,
    "answer_": Answer,
    "archive_state_": ArchiveState,
    "attendance_": Attendance,
    "conference_state_": ConferenceState,
    "decision_state_": DecisionState,
    "factor_": FactorKind,
    "keying_": Keying,
    "kind_": LegKind,
    "login_by_": LoginBy,
    "off_record_state_": OffRecord,
    "package_form_": Form,
    "package_state_": HandoverState,
    "package_step_": Step,
    "patch_state_": PatchState,
    "precedence_": Precedence,
    "recording_state_": RecordingState,
    "role_": Role,
    "roll_call_state_": RollCallState,
    "sds_state_": MessageState,
    "target_state_": TargetState,
}
NEVER_SHOWN = frozenset(
    {
        "patch_state_removed",
        "access_role_radio_orders",
        "access_role_phone_orders",
        "access_role_organisation_editor",
        "access_role_link",
        "access_role_system",
    }
)
OF_THE_API = frozenset({"kind_talkgroup", "patch_state_closing", "target_state_ringing"})
"""States and kinds that the pages and the API make of the domain's."""


def console() -> set[str]:
    return set(words.section(Language.SV, "console"))


def named() -> set[str]:
    return {name for text in SOURCES.values() for name in NAMED.findall(text)} - NOT_WORDS


def upkeep() -> set[str]:
    return set(words.section(Language.SV, "pages"))


def test_every_word_of_the_pages_of_upkeep_is_there_and_none_for_nothing() -> None:
    shown = {path: text for path, text in SOURCES.items() if path.name != "upkeep.html" and "linked" not in path.name}
    own = [
        text for path, text in shown.items() if path.suffix == ".html" or "./page.js" in text or path.name == "page.js"
    ]
    named = {name for text in own for name in UPKEEP.findall(text)} - OF_ANSWERS
    assert len(named) > 150, "the pages were read"
    assert sorted(named - upkeep() - {"js", "css"}) == []
    made = {prefix for text in own for prefix in UPKEEP_MADE.findall(text)}
    quoted = {name for text in own for name in re.findall(r"[\"']([a-z_0-9]+)[\"']", text)}
    keys = {name for text in own for name in re.findall(r"^  ([a-z_]+): \(one\)", text, re.MULTILINE)}
    lonely = {one for one in upkeep() - named - quoted - keys if not one.startswith(tuple(made))}
    assert sorted(lonely) == []


def test_every_act_of_the_audit_log_is_said_in_words() -> None:
    root = CONSOLE.parent.parent
    acts = {
        act
        for path in root.rglob("*.py")
        for call in ACT.findall(path.read_text(encoding="utf-8"))
        for act in re.findall(r'"([a-z_]+[._][a-z_.]+)"', call)
    }
    kinds = ("Organisation", "Function", "Person", "ActivationList", "Forum", "Talkgroup", "RotaEntry")
    acts |= {f"{kind.lower()}_{verb}" for kind in kinds for verb in ("put", "deleted")} | {"function_confirmed"}
    acts |= {look.action for look in LOOKS.values()}
    assert len(acts) > 100, "the acts were found"
    assert sorted(acts - NO_ACTS - set(words.section(Language.SV, "audit_act"))) == []


@pytest.mark.parametrize("prefix", sorted(STATES))
def test_every_state_that_a_page_shows_has_words(prefix: str) -> None:
    assert {f"{prefix}{one.value}" for one in STATES[prefix]} - NEVER_SHOWN <= console()


@pytest.mark.parametrize(("section", "kind"), [("terminal_state", TerminalState), ("alarm", Alarm)])
def test_every_state_and_alarm_of_a_terminal_has_words(section: str, kind: type[StrEnum]) -> None:
    assert {one.value for one in kind} == set(words.section(Language.SV, section))


def test_every_word_that_a_page_names_is_there() -> None:
    assert len(named()) > 80, "the pages were read"
    assert named() <= console()


def test_every_prefix_that_a_script_makes_a_word_of_is_one_of_states() -> None:
    made = {prefix for text in SOURCES.values() for prefix in MADE.findall(text)} - {""}
    assert made <= {*STATES, *MADE_OF_FIELDS}


def test_each_word_that_a_script_makes_of_a_field_is_there() -> None:
    assert {f"{prefix}{one}" for prefix, some in MADE_OF_FIELDS.items() for one in some} <= console()


def test_no_word_of_the_pages_is_there_for_nothing() -> None:
    of_states = {f"{prefix}{one.value}" for prefix, kind in STATES.items() for one in kind}
    of_states |= {f"{prefix}{one}" for prefix, some in MADE_OF_FIELDS.items() for one in some}
    quoted = {name for text in SOURCES.values() for name in re.findall(r"[\"']([a-z_]+)[\"']", text)}
    assert sorted(console() - named() - of_states - quoted - OF_THE_API) == []
