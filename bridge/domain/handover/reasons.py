"""Why a package is not made, or not handed out."""

from bridge.domain.kernel.reasons import ReasonCode


class HandoverReason(ReasonCode):
    UNKNOWN = "unknown_package", "key"
    TOO_MANY = "too_many_packages_wait", "most"
    NOT_READY = "package_not_ready"
    OVER = "package_over"
    """It was cancelled, has failed, or was kept for its time."""
    GAVE_UP = "package_gave_up", "tries"
    """The program ended each time while it was made."""
    NO_ROOM = "package_no_room", "needs_mb", "free_mb"
    NOT_WRITTEN = "package_not_written"
    NOT_MADE = "package_not_made"
    NOT_THE_SAME = "mail_address_not_the_same"
    """It was typed in two ways."""
    NO_LINK = "package_needs_a_link", "size_mb"
    """It is too large for an e-mail, and there is no address of ours for a link."""
    MASK_OF_NONE = "mask_of_no_recording", "recording"
    MASK_SHAPE = "mask_shape", "start_s", "end_s"
    NOWHERE = "packages_nowhere"
    """This program makes none."""
