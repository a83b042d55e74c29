"""`python -m bridge.cli`: the same as `samband`."""

from bridge.cli.command import main

main()
