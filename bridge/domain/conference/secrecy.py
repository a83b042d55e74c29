"""The lines that may carry a meeting where secrecy applies: decision 0039.

Between an operator and us a trunk is encrypted (SRTP) or it is not. Nobody here knows how the operator carries a call
on, so that encryption is no promise to the caller. It is the part of the way that this region can choose.
"""

from bridge.domain.conference.passing import NO_TRUNK
from bridge.domain.conference.policy import ConferencePolicy
from bridge.domain.conference.records import Conference, Secrecy
from bridge.domain.kernel.ids import TrunkName
from bridge.domain.kernel.step import Step


def is_encrypted(step: Step, trunk: TrunkName) -> bool | None:
    """Whether calls over this trunk are encrypted; `None` where it is not known which trunk it is."""
    return None if trunk == NO_TRUNK else trunk in step.node.policy[ConferencePolicy].encrypted_trunks


def is_reachable(step: Step) -> bool:
    """Whether any line may carry a meeting where secrecy applies.

    One that no line may carry is refused when it is opened. Nobody comes into it but by telephone: it has no talkgroup,
    and no sound in the browser. A told warning would leave an empty meeting behind.
    """
    policy = step.node.policy[ConferencePolicy]
    return bool(policy.encrypted_trunks) or not policy.secrecy_needs_encryption


def may_come_in(step: Step, conference: Conference, trunk: TrunkName) -> bool:
    """Whether a caller over this trunk gets in."""
    needs_it = conference.secrecy is Secrecy.SECRET and step.node.policy[ConferencePolicy].secrecy_needs_encryption
    return not needs_it or is_encrypted(step, trunk) is True


def may_call(step: Step, conference: Conference | None, trunk: TrunkName) -> bool:
    """Whether its people may be called over this trunk. Where one is encrypted no other carries secrecy; where none is,
    the setting decides."""
    if conference is None or conference.secrecy is not Secrecy.SECRET:
        return True
    policy = step.node.policy[ConferencePolicy]
    can_choose = bool(policy.encrypted_trunks) or policy.secrecy_needs_encryption
    return not can_choose or trunk in policy.encrypted_trunks
