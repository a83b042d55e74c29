"""A program for the tests of how programs are started: it tells what it was given."""

import os
import sys


def main() -> None:
    act, *rest = sys.argv[1:]
    if act == "words":
        own = {name: value for name, value in os.environ.items() if name != "LC_CTYPE"}  # Python's own (PEP 538)
        print(rest, own, sys.stdin.read() == "")
    if act == "ends":
        sys.exit(int(rest[0]) if rest[0].isdigit() else rest[0])
    if act == "raises":
        raise RuntimeError("asked for")
    while act == "asks" and (line := sys.stdin.readline()):
        print(line.strip().upper(), flush=True)
        print(line.strip(), file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
