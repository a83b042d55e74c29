"""The ways in which the archive does not agree with itself, and the faults of its signing and anchoring."""

from bridge.domain.kernel.reasons import ReasonCode


class Disagreement(ReasonCode):
    """One thing of the archive that does not agree with another."""

    CHAIN_CHANGED = "proof_chain_changed", "row"
    """A row's content is not that of its hash."""
    CHAIN_BROKEN = "proof_chain_broken", "row"
    """A row is missing, added or moved."""
    CHAIN_CUT = "proof_chain_cut", "row"
    """The first row that is missing at the end."""
    CHAIN_REWRITTEN = "proof_chain_rewritten", "row"
    """A signed head has another hash than the row of its number."""
    HEAD_FORGED = "proof_head_forged", "sequence"
    """The signature does not fit, or the key is none of ours."""
    HEAD_MISSING = "proof_head_missing", "sequence"
    KEY_CHANGED = "proof_key_changed", "key"
    """A key's id is not that of its public part."""
    ANCHOR_DIFFERS = "proof_anchor_differs", "sequence", "anchor"
    """A head that was put outside is not the one that stands here."""
    ANCHOR_UNREADABLE = "proof_anchor_unreadable", "anchor", "line"
    ANCHOR_AWAY = "proof_anchor_away", "anchor"
    """It could not be asked for the heads that it keeps."""
    CLOCK_BACK = "proof_clock_back", "row", "back_s"
    HEAD_CLOCK_BACK = "proof_head_clock_back", "sequence", "back_s"
    ROW_REMOVED = "proof_row_removed", "recording"
    """The audit log knows of a recording that the database does not."""
    ROW_CHANGED = "proof_row_changed", "recording"
    """The database's hashes are not those of the audit log."""
    ROW_UNAUDITED = "proof_row_unaudited", "recording"
    FILE_REMOVED = "proof_file_removed", "recording", "file"
    FILE_CHANGED = "proof_file_changed", "recording", "file"
    FILE_UNREADABLE = "proof_file_unreadable", "recording", "file"
    FILE_UNKNOWN = "proof_file_unknown", "file"
    """It lies in the archive, and no recording is there that it belongs to."""
    FILE_NOT_DISPOSED = "proof_file_not_disposed", "recording", "file"
    """It lies in the archive though it was disposed of."""
    MANIFEST_REMOVED = "proof_manifest_removed", "recording", "file"
    MANIFEST_CHANGED = "proof_manifest_changed", "recording", "file"
    EXCHANGED = "proof_exchanged", "recording", "other"
    """The files under its name are another recording's."""
    DISPOSAL_UNAUDITED = "proof_disposal_unaudited", "recording"
    """It counts as disposed of, and the audit log knows of no such decision."""


class ProofReason(ReasonCode):
    """Why the proof of the archive is not well, or something of it is refused."""

    KEY_LOST = "signing_key_lost", "file"
    KEY_UNUSABLE = "signing_key_unusable", "file"
    KEY_IS_THERE = "signing_key_is_there"
    NOT_SIGNED = "heads_not_signed"
    ANCHOR_WAITS = "anchor_waits", "anchor"
    NOT_VERIFIED = "archive_not_verified"
    DISAGREES = "archive_disagrees", "first"
    FOREIGN_UNREADABLE = "foreign_head_unreadable"
    """It is no head, or its signature does not fit."""
    FOREIGN_DIFFERS = "foreign_head_differs", "sequence"
    """Another head of that sequence is kept."""
    FOREIGN_FULL = "foreign_heads_full", "most"
    WITNESSED_BROKEN = "witnessed_head_broken", "sequence"
    """It is not as it was signed."""
    WITNESSED_MISSED = "witnessed_head_missed", "sequence"
    WITNESSED_BACK = "witnessed_head_back", "sequence"
    """It tells of an earlier row than the one before it."""
    WITNESSED_OTHER_KEY = "witnessed_other_key", "sequence"
    """The node signs with another key from here on."""
    NOT_PROVED = "recording_not_proved", "first"


class ProofSettingReason(ReasonCode):
    """A setting of the proof that cannot be used."""

    NO_TSA_ROOT = "setting_no_tsa_root"
    NODE_SHAPE = "setting_anchor_node_shape"
    """An address without its token, or not over TLS."""


REMARKS = frozenset({Disagreement.ANCHOR_AWAY.value, Disagreement.CLOCK_BACK.value, Disagreement.HEAD_CLOCK_BACK.value})
"""They are told, and prove nothing against the archive: a clock that was right at last may have gone back."""
