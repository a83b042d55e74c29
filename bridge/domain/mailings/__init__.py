"""Invitations, reminders and information that go out to many by themselves, each once."""
