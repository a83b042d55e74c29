"""What waits to be said is bounded, and in order."""

from bridge.ari.speech import ANNOUNCEMENTS_WAITING, WHISPERS_WAITING, Speech, SpeechQueue
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import number


def test_the_oldest_waiting_one_gives_way_and_is_counted() -> None:
    queue = SpeechQueue(WHISPERS_WAITING)
    speeches = [Speech((number(value),), Language.SV) for value in range(WHISPERS_WAITING + 2)]
    for speech in speeches:
        queue.put(speech)
    assert queue.dropped == 2
    assert [queue.take() for _ in range(WHISPERS_WAITING + 1)] == [*speeches[2:], None]


def test_the_bounds_are_those_of_the_port() -> None:
    assert (WHISPERS_WAITING, ANNOUNCEMENTS_WAITING) == (8, 16)
