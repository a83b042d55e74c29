"""Texts and statuses by radio (short data, SDS)."""
