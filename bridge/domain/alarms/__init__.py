"""Alarms (*larm*): what is wrong and asks for somebody's act, with its life from *ny* to *åter normal*."""
