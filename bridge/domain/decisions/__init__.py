"""Decisions of a meeting: marked while they are spoken, and acknowledged by each organisation."""
