"""The words for a person when the program cannot start or go on: what, why, and the remedy. Never a bare traceback."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from bridge.domain.kernel.language import Language
from bridge.files import refused_by_the_system
from bridge.main.reasons import RunReason
from bridge.ports import PortError
from bridge.settings import SettingsError
from bridge.words import entry, with_evidence

log = structlog.get_logger(__name__)


@contextmanager
def in_words(what: str) -> Iterator[None]:
    """A failure inside leaves as a `PortError` or a `SettingsError`, which can be shown to a person.

    Args:
        what: The part that fails, such as `samband run`.
    """
    try:
        yield
    except Exception as error:  # this is the place where every other one ends
        told = explained(what, error)
        if told is error:
            raise
        raise told from error


def explained(what: str, error: BaseException) -> PortError | SettingsError:
    """The failure in words for a person. An unforeseen one is also logged, with its traceback."""
    first = first_of(error)
    if isinstance(first, (PortError, SettingsError)):
        return first
    if isinstance(first, OSError):
        return of_the_system(what, first)
    log.critical("unforeseen_failure", what=what, exc_info=error)
    last = traceback.extract_tb(first.__traceback__)[-1:]
    where = f"{Path(last[0].filename).name}, line {last[0].lineno}" if last else "no place is known"
    return PortError(what, RunReason.UNFORESEEN(), retry=False, evidence=f"{type(first).__name__}: {first}; {where}")


def in_language(error: PortError | SettingsError, language: Language) -> str:
    """For the keeper: the part at fault, the reason, and what a device said in its own words."""
    if isinstance(error, SettingsError):
        return error.said(language)
    return f"{entry(language, 'part', error.device)}: {with_evidence(error.reason, language)}"


def first_of(error: BaseException) -> BaseException:
    """Of failures that came together (a task group's), the first."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def of_the_system(what: str, error: OSError) -> PortError:
    """The operating system's refusal, by its error number."""
    path = str(error.filename) if error.filename else None
    return PortError(what, refused_by_the_system(error, path), retry=False, evidence=str(error))
