"""Permissions: which principal may do what."""
