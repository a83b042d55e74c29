"""Recordings of conferences and talkgroups, until they are in the archive."""
