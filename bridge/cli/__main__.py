"""`python -m bridge.cli`: the same as `samband`."""

from bridge.cli import main

main()
