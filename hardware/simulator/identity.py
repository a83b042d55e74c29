"""TETRA identities as the PEI writes them (EN 300 392-5; forms seen in traces)."""

from dataclasses import dataclass
from typing import Final, Literal

Form = Literal["ssi", "tsi15", "tsi16", "ext17"]

SSI_DIGITS: Final = 8
SSI_MAX: Final = 16_777_215

PARTY_TYPE: Final = {"ssi": 0, "tsi15": 1, "tsi16": 1, "ext17": 5}
"""Called and calling party identity type: 0 SSI, 1 TSI, 5 extended TSI."""

TALKER_TYPE: Final = {"ssi": 0, "tsi15": 1, "tsi16": 1, "ext17": 3}
"""Transmitting party identity type in +CTXG, as observed."""

NUMBER_TYPE: Final = {"ssi": 0, "tsi15": 0, "tsi16": 0, "ext17": 6}
"""Number type of an individual in +CNUMF."""

GROUP_NUMBER_TYPE: Final = {"ssi": 1, "tsi15": 1, "tsi16": 1, "ext17": 7}


@dataclass(frozen=True, slots=True)
class HomeNetwork:
    """Mobile country code and mobile network code."""

    mcc: int = 240
    mnc: int = 1

    def write(self, ssi: int, form: Form) -> str:
        match form:
            case "ssi":
                return str(ssi)
            case "tsi15":
                return f"{self.mcc:03d}{self.mnc:04d}{ssi:08d}"
            case "tsi16":
                return f"{self.mcc:03d}{self.mnc:05d}{ssi:08d}"
            case "ext17":
                return f"{self.mcc:04d}{self.mnc:05d}{ssi:08d}"

    @property
    def mni(self) -> str:
        """Mobile network identity as +CREG gives it, for instance 24000001."""
        return f"{self.mcc:03d}{self.mnc:05d}"


def read_ssi(text: str) -> int | None:
    """The short identity in any form: the last eight digits. None if it is no identity."""
    digits = text.strip().strip('"')
    if not (digits.isascii() and digits.isdigit()) or len(digits) > SSI_DIGITS + 9:
        return None
    ssi = int(digits[-SSI_DIGITS:])
    return ssi if ssi <= SSI_MAX else None
