"""`python -m bridge.main`: the controller alone, as systemd starts it."""

import gc

gc.disable()  # what is imported stays: collections that walk it again and again take a sixth of the start

import sys

from bridge.main.process import main

if __name__ == "__main__":
    main(sys.argv[1:])
