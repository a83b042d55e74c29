"""Where the parts are put together, and the only place that knows them all.

- `controller`: the program that decides, one process beside Asterisk.
- `supervisor`: `samband run`, which prepares and starts everything on one machine and keeps it running.
- `prepare`: Asterisk's tree, configuration and prompts.
- `region`: the example region of a first start.
- `checking`: `samband check`, which tries every part before anything starts.

Nothing is imported here: a command that asks the running program something does not wait for the program's own modules.
"""
