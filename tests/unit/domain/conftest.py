"""Every story ends with the promises kept: nobody waits in silence, nothing is wanted in vain."""

from collections.abc import Iterator

import pytest

from tests.harness.story import Story


@pytest.fixture(autouse=True)
def nobody_waits_at_the_end() -> Iterator[None]:
    stories: list[Story] = []
    Story.watched = stories
    yield
    Story.watched = None
    for story in stories:
        story.nobody_waits()
