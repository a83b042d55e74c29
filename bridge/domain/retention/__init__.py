"""Keeping and disposing of recordings: legal holds, and disposal by a decision of two persons. Pure."""
