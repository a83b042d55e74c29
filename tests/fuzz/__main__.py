"""`python -m tests.fuzz [--seconds N] [--cases N] [--seed S] [--first N]`: bad dialogues against the laws of `target`.

Runs until either bound is met, by default for a minute. It does about 100 cases/s, so that an hour is worth 350 000. A
failing case is named by its number; the same seed with `--first <number> --cases 1` plays it alone.
"""

import argparse
import sys

from tests.fuzz.run import CaseFailedError, fuzz


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--cases", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    chosen = parser.parse_args()
    seconds = 60.0 if chosen.seconds is None and chosen.cases is None else chosen.seconds
    try:
        done = fuzz(seed=chosen.seed, cases=chosen.cases, seconds=seconds, first=chosen.first)
    except CaseFailedError as failed:
        print(failed)
        return 1
    print(f"{done.cases} cases, {done.lines} pieces in {done.seconds:.0f} s: {done.cases_per_s:.0f} cases/s; all held")
    return 0


if __name__ == "__main__":
    sys.exit(main())
