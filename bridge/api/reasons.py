"""Why a request is refused before a use case sees it. The words stand in the catalogue."""

import re
from collections.abc import Mapping
from typing import Any, Final

from bridge.domain.kernel.reasons import Reason, ReasonCode, Unusable


class RequestReason(ReasonCode):
    NOT_AUTHENTICATED = "not_authenticated"
    CROSS_SITE = "cross_site"
    TOO_MANY_WRONG_TOKENS = "too_many_wrong_tokens"
    LINK_DEAD = "upkeep_link_dead"
    UNKNOWN_HOST = "unknown_host"
    NOT_JSON = "not_json"
    NO_SUCH_ADDRESS = "no_such_address"
    METHOD_NOT_ALLOWED = "method_not_allowed", "method"
    TOO_LARGE = "body_too_large"
    HTTP_FAULT = "http_fault", "status"
    CHANGED_MEANWHILE = "changed_meanwhile"
    INTERNAL = "internal_fault"


class InputReason(ReasonCode):
    """A member that cannot be taken. Most follow the kinds of fault that pydantic tells."""

    MISSING = "input_missing"
    UNKNOWN_MEMBER = "input_unknown_member"
    TOO_LONG = "input_too_long", "most"
    TOO_SHORT = "input_too_short", "least"
    TOO_MANY = "input_too_many", "most"
    AT_LEAST = "input_at_least", "least"
    AT_MOST = "input_at_most", "most"
    MORE_THAN = "input_more_than", "least"
    ONE_OF = "input_one_of", "allowed"
    WRONG_FORM = "input_wrong_form"
    NO_TEXT = "input_no_text"
    NO_NUMBER = "input_no_number"
    NO_TRUTH = "input_no_truth"
    NO_LIST = "input_no_list"
    NO_INSTANT = "input_no_instant"
    CANNOT_BE_TAKEN = "input_cannot_be_taken"
    SCENARIO_OR_TEXT = "input_scenario_or_text"
    CONTROL_CHARACTERS = "input_control_characters"
    FUNCTION_OR_NUMBER = "input_function_or_number"
    NUMBER_WITHOUT_NAME = "input_number_without_name"
    CODE_WITHOUT_NUMBER = "input_code_without_number"
    NO_OBJECT = "input_no_object"
    TEXT_OR_STATUS = "input_text_or_status"
    ACTION_NEEDS = "input_action_needs", "action", "member"
    NAMES_NOBODY = "input_names_nobody"


_QUOTED: Final = re.compile(r"'([^']*)'")
_LIMITS: Final[Mapping[str, tuple[InputReason, str, str]]] = {
    "string_too_long": (InputReason.TOO_LONG, "most", "max_length"),
    "string_too_short": (InputReason.TOO_SHORT, "least", "min_length"),
    "too_long": (InputReason.TOO_MANY, "most", "max_length"),
    "greater_than_equal": (InputReason.AT_LEAST, "least", "ge"),
    "less_than_equal": (InputReason.AT_MOST, "most", "le"),
    "greater_than": (InputReason.MORE_THAN, "least", "gt"),
    "enum": (InputReason.ONE_OF, "allowed", "expected"),
    "literal_error": (InputReason.ONE_OF, "allowed", "expected"),
}
"""Pydantic's kind of fault → the reason, its data, and where pydantic tells it."""
_PLAIN: Final[Mapping[str, InputReason]] = {
    "missing": InputReason.MISSING,
    "extra_forbidden": InputReason.UNKNOWN_MEMBER,
    "string_pattern_mismatch": InputReason.WRONG_FORM,
    "string_type": InputReason.NO_TEXT,
    "list_type": InputReason.NO_LIST,
    "dict_type": InputReason.NO_OBJECT,
    "model_type": InputReason.NO_OBJECT,
    "model_attributes_type": InputReason.NO_OBJECT,
}
_BEGINNINGS: Final[Mapping[str, InputReason]] = {
    "int_": InputReason.NO_NUMBER,
    "float_": InputReason.NO_NUMBER,
    "finite_": InputReason.NO_NUMBER,
    "bool_": InputReason.NO_TRUTH,
    "datetime_": InputReason.NO_INSTANT,
    "timezone_": InputReason.NO_INSTANT,
}


def of_fault(fault: Mapping[str, Any]) -> Reason:
    """A fault that pydantic tells, as a reason. The value at fault is not in it: it may hold a code."""
    kind, context = str(fault["type"]), fault.get("ctx", {})
    if kind == "value_error":
        error = context.get("error")
        return error.reason if isinstance(error, Unusable) else InputReason.CANNOT_BE_TAKEN()
    if kind in _LIMITS:
        code, name, where = _LIMITS[kind]
        limit = context.get(where)
        return code(**{name: limit if isinstance(limit, int | float) else ", ".join(_QUOTED.findall(str(limit)))})
    if kind in _PLAIN:
        return _PLAIN[kind]()
    begun = next((code for beginning, code in _BEGINNINGS.items() if kind.startswith(beginning)), None)
    return (begun or InputReason.CANNOT_BE_TAKEN)()
