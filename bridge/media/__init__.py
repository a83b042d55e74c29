"""Sound on its way: between a conference in Asterisk and a radio terminal, in a process of its own.

`MediaWorker` (`client.py`) is what the program sees; it starts the worker process (`worker.py`) and speaks with it by
the messages of `protocol.py`. In the worker each patch has a `PathRunner` (`runner.py`) with its two legs,
`meeting_leg.py` (RTP) and `terminal_leg.py` (AudioSocket) or `card_leg.py` (a sound card, whose thread is
`card_thread.py`), around the pure machine of `path.py`.
"""
