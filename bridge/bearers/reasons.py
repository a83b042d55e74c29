"""Why a bearer does not take a message, and what is wrong with its settings."""

from bridge.domain.kernel.reasons import ReasonCode


class BearerReason(ReasonCode):
    """Why a bearer does not take a message."""

    NOT_REACHED = "bearer_not_reached", "host"
    LOGIN_REFUSED = "bearer_login_refused", "host"
    NO_TLS = "bearer_without_tls", "host"
    REFUSED = "bearer_refused", "code"
    BUSY = "bearer_busy", "code"
    NO_CREDIT = "bearer_no_credit"
    NO_ANSWER = "bearer_no_answer", "host"
    ANSWER_UNREADABLE = "bearer_answer_unreadable", "host"
    PASSWORD_UNREADABLE = "bearer_password_unreadable", "file"
    PASSWORD_OPEN = "bearer_password_open", "file"
    PASSWORD_SHAPE = "bearer_password_shape", "file"
    NOT_WRITABLE = "message_not_writable"


class BearerSettingReason(ReasonCode):
    """What is wrong with the settings of a bearer."""

    MAIL_FROM = "mail_from_missing", "value"
    MAIL_IN_CLEAR = "mail_in_clear", "host"
    PASSWORD_ALONE = "bearer_password_alone"  # noqa: S105  a code, no secret
    SMS_URL = "sms_url", "value"
    SMS_FROM = "sms_from", "value"
    CALLBACK_URL = "sms_callback_url", "value"
