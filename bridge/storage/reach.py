"""The meetings that somebody is confined to, as a condition of a query."""

from sqlalchemy import ColumnElement, false, or_, select

from bridge.domain.access.permissions import Reach
from bridge.domain.callout.records import Activation
from bridge.domain.conference.records import Conference
from bridge.storage.registry import RECORDS

_CONFERENCES = RECORDS[Conference].table
_ACTIVATIONS = RECORDS[Activation].table


def meetings_within(conference: ColumnElement[str], reach: Reach | None) -> list[ColumnElement[bool]]:
    """Conditions on a column with the id of a conference; none where nobody is confined."""
    if reach is None:
        return []
    table = _CONFERENCES.c
    grounds = [table.opened_by == reach.opened_by]
    if reach.forums:
        grounds.append(table.forum.in_(sorted(reach.forums)))
    if reach.meetings:
        grounds.append(table.id.in_(sorted(reach.meetings)))
    if reach.nobodys:
        grounds.append(table.opened_by.is_(None))
    return [conference.in_(select(table.id).where(or_(false(), *grounds)))]


def call_outs_within(reach: Reach | None) -> list[ColumnElement[bool]]:
    """Conditions on `activations`: to one of these meetings, or started by the person."""
    if reach is None:
        return []
    table = _ACTIVATIONS.c
    return [or_(table.started_by == reach.opened_by, *meetings_within(table.conference, reach))]


def of_call_outs_within(activation: ColumnElement[str], reach: Reach) -> ColumnElement[bool]:
    """A condition on a column with the id of a call-out."""
    return activation.in_(select(_ACTIVATIONS.c.id).where(*call_outs_within(reach)))
