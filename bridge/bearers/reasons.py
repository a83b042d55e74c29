"""Why a bearer does not take a message, and faults in its settings."""

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
    PARTLY_SENT = "message_partly_sent", "taken", "parts"
    MODEM_ERROR = "modem_error", "code"
    """The number behind `+CMS ERROR`; 0: there was none."""
    MODEM_NOT_SET_UP = "modem_not_set_up"
    NO_SIM = "modem_without_sim"
    SIM_LOCKED = "modem_sim_locked", "state"
    PIN_WRONG = "modem_pin_wrong", "file"
    NO_NETWORK = "modem_without_network"
    NOT_WRITABLE = "message_not_writable"
    ATTACHMENT_GONE = "message_attachment_gone"


class BearerSettingReason(ReasonCode):
    """Faults in the settings of a bearer."""

    MAIL_FROM = "setting_mail_sender", "value"
    MAIL_IN_CLEAR = "setting_mail_in_clear", "host"
    PASSWORD_ALONE = "setting_bearer_password_alone"  # noqa: S105  a code, no secret
    SMS_URL = "setting_sms_url", "value"
    ORDER_TWICE = "setting_sms_order_twice", "name"
    ORDER_NOT_SET_UP = "setting_sms_order_not_set_up", "name"
    SMPP_WITHOUT_LOGIN = "setting_smpp_without_login"
    SMS_FROM = "setting_sms_sender", "value"
    CALLBACK_URL = "setting_sms_callback_url", "value"
