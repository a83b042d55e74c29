"""The meetings that somebody is confined to, as a condition of a query."""

from sqlalchemy import ColumnElement, Text, and_, false, or_, select, type_coerce

from bridge.domain.access.permissions import Reach
from bridge.domain.callout.records import Activation
from bridge.domain.canonical import canonical_json
from bridge.domain.conference.records import Conference
from bridge.storage.registry import RECORDS

_CONFERENCES = RECORDS[Conference].table
_ACTIVATIONS = RECORDS[Activation].table


def meetings_within(conference: ColumnElement[str], reach: Reach | None) -> list[ColumnElement[bool]]:
    """Conditions on a column with the id of a conference; none where nobody is confined."""
    if reach is None:
        return []
    table = _CONFERENCES.c
    named = type_coerce(table.co_hosts, Text).contains(canonical_json(reach.opened_by), autoescape=True)
    grounds = [table.opened_by == reach.opened_by, named]
    if reach.forums:
        grounds.append(table.forum.in_(sorted(reach.forums)))
    if reach.meetings:
        grounds.append(table.id.in_(sorted(reach.meetings)))
    if reach.nobodys:
        grounds.append(table.opened_by.is_(None))
    return [conference.in_(select(table.id).where(or_(false(), *grounds)))]


def call_outs_within(reach: Reach | None) -> list[ColumnElement[bool]]:
    """Conditions on `activations`: to one of these meetings, or started by the person and not handed over with one."""
    if reach is None:
        return []
    table = _ACTIVATIONS.c
    meetings = _CONFERENCES.c
    handed_on = select(meetings.id).where(meetings.handed_from == reach.opened_by)
    started = and_(table.started_by == reach.opened_by, table.conference.not_in(handed_on))
    return [or_(started, *meetings_within(table.conference, reach))]


def of_call_outs_within(activation: ColumnElement[str], reach: Reach) -> ColumnElement[bool]:
    """A condition on a column with the id of a call-out."""
    return activation.in_(select(_ACTIVATIONS.c.id).where(*call_outs_within(reach)))
