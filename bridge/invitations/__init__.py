"""Invitations to the meetings of the schedule: a text in the SMARR form and a calendar file, as values.

Nothing is sent here. An `Invitation` holds all that a message needs: receiver, subject, text, and the calendar with its
method.
"""

from bridge.invitations.invitation import Invitation, Method, Receiver, Told, invitation, when_of

__all__ = ["Invitation", "Method", "Receiver", "Told", "invitation", "when_of"]
