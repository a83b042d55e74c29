"""Proof of the archive: heads of the audit chain are signed and put outside, and all that lies in it is verified."""
