"""The terminal's indications as values. Their form on the wire is in `results`."""

from dataclasses import dataclass
from typing import Final

from bridge.rakel.pei.codes import CommsType, TxGrant
from bridge.rakel.pei.identity import Identity

UNKNOWN_LEVEL: Final = 99
"""Signal level of `+CSQ` when there is none to tell."""


@dataclass(frozen=True, slots=True)
class IncomingCall:
    """`+CTICN`: a call comes in, or more is known of one. A group call needs no answer."""

    instance: int
    status: int
    ai_service: int | None = None
    calling: Identity | None = None
    comms_type: int | None = None
    called: Identity | None = None
    priority: int | None = None

    @property
    def individual(self) -> bool:
        return self.comms_type == CommsType.POINT_TO_POINT


@dataclass(frozen=True, slots=True)
class OutgoingCall:
    """`+CTOCP`: progress of the call we dialled."""

    instance: int
    status: int


@dataclass(frozen=True, slots=True)
class CallConnected:
    """`+CTCC`. The fields after the instance differ between terminals and are not used."""

    instance: int


@dataclass(frozen=True, slots=True)
class CallReleased:
    """`+CTCR`."""

    instance: int
    cause: int = 0


@dataclass(frozen=True, slots=True)
class TransmissionGrant:
    """`+CTXG`. The second field decides; the number of fields does not."""

    instance: int
    grant: TxGrant
    may_request: bool = True
    """TxRqPrmsn, 0 on the wire = allowed (EN 300 392-2 §14.8.43)."""
    talker: Identity | None = None


@dataclass(frozen=True, slots=True)
class TransmissionCeased:
    """`+CDTXC`: whoever transmitted has ceased."""

    instance: int
    may_request: bool = True


@dataclass(frozen=True, slots=True)
class TransmissionInterrupted:
    """`+CTXI`: the network takes the permission away, mostly for another."""

    instance: int
    grant: TxGrant = TxGrant.GRANTED_TO_ANOTHER
    may_request: bool = True
    talker: Identity | None = None


@dataclass(frozen=True, slots=True)
class TransmissionWait:
    """`+CTXW`: the call is interrupted, e.g. while the terminal changes cell."""

    instance: int
    may_request: bool = True


@dataclass(frozen=True, slots=True)
class TransmissionContinues:
    """`+CTXN`: an interrupted call goes on."""

    instance: int
    goes_on: bool = True
    may_request: bool = True


@dataclass(frozen=True, slots=True)
class LocalDemand:
    """`+CTXD`: somebody pressed the key at the terminal itself."""

    instance: int


@dataclass(frozen=True, slots=True)
class LocalCease:
    """`+CUTXC`: somebody let go of the key at the terminal itself."""

    instance: int


@dataclass(frozen=True, slots=True)
class TalkgroupReport:
    """`+CTGS`: type 0 none, 1 selected, 2–7 scanned with priority 1–6."""

    kind: int
    group: Identity | None = None


@dataclass(frozen=True, slots=True)
class ModeReport:
    """`+CTOM`, see `codes.AiMode`."""

    mode: int


@dataclass(frozen=True, slots=True)
class RegistrationReport:
    """`+CREG`. No leading setting as 3GPP has it."""

    status: int
    location_area: int | None = None
    mni: str = ""


@dataclass(frozen=True, slots=True)
class SignalReport:
    """`+CSQ`."""

    level: int

    @property
    def signal_dbm(self) -> int | None:
        """-113 + 2 per step; 99 is "not known"."""
        return None if self.level == UNKNOWN_LEVEL else -113 + 2 * self.level


@dataclass(frozen=True, slots=True)
class BatteryReport:
    """`+CBC`."""

    state: int
    percent: int | None = None


@dataclass(frozen=True, slots=True)
class VolumeReport:
    """`+CLVL`: the knob was turned."""

    level: int


@dataclass(frozen=True, slots=True)
class DirectModeGateway:
    """`+CTDGR`: a direct mode gateway or repeater is there or gone."""

    comms_type: int
    address: Identity | None = None
    mni: str = ""
    present: int | None = None


@dataclass(frozen=True, slots=True)
class SdsHeader:
    """`+CTSDSR` as its header says it; the user data is the next line, or `data` in hex."""

    ai_service: int
    calling: Identity | None
    called: Identity | None
    bits: int
    data: str | None = None


@dataclass(frozen=True, slots=True)
class ShortData:
    """`+CTSDSR` whole. `data` is cut or padded as `sds.user_data` says."""

    ai_service: int
    calling: Identity | None
    called: Identity | None
    bits: int
    data: bytes


@dataclass(frozen=True, slots=True)
class ShortDataSent:
    """`+CMGS`. Alone it is the terminal's acceptance. With a status it is the message's fate on the air (4 sent, 5
    failed). Status 4 comes also when the receiver is off: it proves no delivery."""

    instance: int
    status: int | None = None
    reference: int | None = None


@dataclass(frozen=True, slots=True)
class NumberReport:
    """A row of `+CNUMF`, `+CNUMS` or `+CNUMD`; `kind` as `codes.NumberType`."""

    kind: int
    identity: Identity | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class RouteReport:
    """`+CTSP`: a service whose signalling comes to us."""

    profile: int
    layer1: int | None = None
    layer2: int | None = None


@dataclass(frozen=True, slots=True)
class Maker:
    """`+GMI`."""

    text: str


@dataclass(frozen=True, slots=True)
class Model:
    """`+GMM`, e.g. `54007,M83PF-----AN,88.2.0.0`."""

    text: str


@dataclass(frozen=True, slots=True)
class Revision:
    """`+GMR`."""

    text: str


Indication = (
    IncomingCall
    | OutgoingCall
    | CallConnected
    | CallReleased
    | TransmissionGrant
    | TransmissionCeased
    | TransmissionInterrupted
    | TransmissionWait
    | TransmissionContinues
    | LocalDemand
    | LocalCease
    | TalkgroupReport
    | ModeReport
    | RegistrationReport
    | SignalReport
    | BatteryReport
    | VolumeReport
    | DirectModeGateway
    | SdsHeader
    | ShortData
    | ShortDataSent
    | NumberReport
    | RouteReport
    | Maker
    | Model
    | Revision
)


@dataclass(frozen=True, slots=True)
class UnknownLine:
    """A line that changes nothing: counted and logged. `why` is `unknown`, `malformed`, `overlong`, `stray_final`,
    `orphan_header` or `echo`."""

    text: str
    why: str
