"""The order of rows by an instant. Rows of one instant stand by their key: a page neither skips one nor repeats it."""

from typing import Any

from sqlalchemy import ColumnElement


def oldest_first(instant: ColumnElement[Any], *key: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
    """For `order_by`. `key`: what names one row."""
    return (instant.asc(), *(one.asc() for one in key))


def newest_first(instant: ColumnElement[Any], *key: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
    """The other way round. An index over instant and key is read from its end."""
    return (instant.desc(), *(one.desc() for one in key))
