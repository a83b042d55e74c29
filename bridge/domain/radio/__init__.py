"""Talkgroups patched into conferences: the patch, the way to the air, the minute."""
