"""Why somebody is not let in, or may not change an account so. The words stand in the catalogue."""

from bridge.domain.kernel.reasons import ReasonCode


class AccountReason(ReasonCode):
    TOO_SHORT = "password_too_short", "least"
    TOO_LONG = "password_too_long", "most"
    COMMON = "password_common"
    OF_NAME = "password_of_name"
    NAME_SHAPE = "account_name_shape"
    NAME_TAKEN = "account_name_taken", "name"
    TOO_MANY = "too_many_accounts", "most"
    NO_ROLE = "account_without_role"
    ROLE_UNKNOWN = "account_role_unknown", "role"
    NO_SCOPE = "role_without_scope", "role"
    LAST_KEEPER = "last_keeper"
    OWN_ROLES = "own_roles"
    NO_ACCOUNT = "no_account_of_own"
    LAST_FACTOR = "last_factor"
    TOO_MANY_FACTORS = "too_many_factors", "most"
    WRONG_CODE = "wrong_factor_code"
    PASSKEY_REFUSED = "passkey_refused"
    NO_HOST = "no_passkey_host"
    INVITATION_DEAD = "invitation_dead"
    PERMISSION_UNKNOWN = "permission_unknown", "name"
    TOKEN_NAME_TAKEN = "token_name_taken", "name"
    EXPIRES_IN_THE_PAST = "token_expires_in_the_past"


class LoginReason(ReasonCode):
    WRONG = "login_not_right"
    """Of an unknown name, a wrong password, a disabled account: one answer for all."""
    BRAKED = "login_too_many", "wait_s"
    BUSY = "login_busy"
    OVER = "login_begun_too_long_ago"
    NO_PROVIDER = "login_no_provider"
    PROVIDER_REFUSED = "login_provider_refused"
    PROVIDER_UNREACHABLE = "login_provider_unreachable"
    PROVIDER_UNKNOWN = "login_provider_unknown"


class GlassReason(ReasonCode):
    USED = "break_glass_used", "name"
