"""Proof of the archive: heads of the audit chain are signed and put outside, and the whole is verified."""
