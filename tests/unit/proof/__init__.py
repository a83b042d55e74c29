"""Proof of the archive."""
