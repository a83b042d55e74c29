"""The share of the time that the mixing uses is measured, and told while there may be too little room."""

import os
import threading
import time

import pytest

from bridge.main.mixing_watch import Shares
from bridge.main.processes import threads_ns


def test_many_threads_together_may_be_fuller_than_the_busiest() -> None:
    shares = Shares(cores=2)
    shares.used_percent(100.0, dict.fromkeys(range(50), 0))
    assert shares.used_percent(102.0, dict.fromkeys(range(50), 60_000_000)) == pytest.approx(75)


def test_the_busiest_thread_counts_and_new_ones_do_not() -> None:
    shares = Shares(cores=2)
    assert shares.used_percent(100.0, {1: 5_000_000_000, 2: 0}) == 0
    assert shares.used_percent(102.0, {1: 5_200_000_000, 2: 1_500_000_000, 3: 9_000_000_000}) == pytest.approx(75)
    assert shares.used_percent(104.0, {3: 9_000_000_000}) == 0, "the threads of an ended mix are gone"
    assert shares.used_percent(104.0, {3: 9_000_000_000}) == 0, "no time has passed"


def test_the_kernel_tells_what_each_thread_has_worked() -> None:
    def work() -> None:
        while not done.is_set():
            sum(range(10_000))

    done, before = threading.Event(), threads_ns(os.getpid())
    thread = threading.Thread(target=work)
    thread.start()
    try:
        deadline_s = time.monotonic() + 20
        while threads_ns(os.getpid()).get(thread.native_id or 0, 0) < 20_000_000:
            assert time.monotonic() < deadline_s
    finally:
        done.set()
        thread.join()
    assert before.keys() - {thread.native_id}
    assert threads_ns(2**22 + 1) == {}
