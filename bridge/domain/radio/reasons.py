"""Why a patch is offline or waits, and why one is refused."""

from bridge.domain.kernel.reasons import ReasonCode


class PatchReason(ReasonCode):
    """Why a patch is offline or waits, and why one is refused."""

    BEING_SET = "terminal_being_set"
    SPARE_BEING_SET = "spare_being_set"
    WAITS_FOR_APPROVAL = "waits_for_approval"
    NOT_SELECTED = "talkgroup_not_selected", "gssi", "cause"
    TERMINAL_NOT_READY = "terminal_not_ready", "state"
    DEMAND_UNANSWERED = "demand_unanswered"
    CHANNEL_WITHDRAWN = "channel_withdrawn"
    NO_SUCH_PATCH = "no_such_patch"
    NO_SUCH_TERMINAL = "no_such_terminal", "terminal"
    TERMINAL_NOT_ALLOWED = "terminal_not_allowed", "terminal", "gssi"
    UNDER_SECRECY = "meeting_under_secrecy"
    ALREADY_PATCHED = "already_patched", "gssi"
    TERMINAL_IN_USE = "terminal_in_use", "terminal"
    APPROVED_BY_ANOTHER = "approved_by_another", "actor"
    NO_TERMINAL = "no_terminal_configured"
    NO_TERMINAL_ALLOWED = "no_terminal_allowed", "gssi"
    ALL_IN_USE = "every_terminal_in_use", "gssi"
    NOT_CONNECTED = "patch_not_connected"
    ONLY_PRESENT_MAY_KEY = "only_present_may_key"
    KEYED_BY_ANOTHER = "keyed_by_another"
    NOTHING_IS_KEYED = "nothing_is_keyed_by_key"
