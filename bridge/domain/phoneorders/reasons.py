"""Why an order by telephone is not carried out."""

from bridge.domain.kernel.reasons import ReasonCode


class PhoneOrderReason(ReasonCode):
    NO_SUCH_ORDER = "no_such_phone_order"
