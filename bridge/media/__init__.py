"""Sound on its way: between a conference in Asterisk and a radio terminal, in a process of its own.

The program sees `MediaWorker` (`client.py`). It starts the worker process (`worker.py`) and exchanges the messages of
`protocol.py` with it. In the worker each patch has a `PathRunner` (`runner.py`) around the pure machine of `path.py`.
One of its two legs is `meeting_leg.py` (RTP). The other is `terminal_leg.py` (AudioSocket) or `card_leg.py` (a sound
card, whose thread is `card_thread.py`).
"""
