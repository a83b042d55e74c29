"""An exercise (*övning*) played by itself: a scenario against a running Samband, with results.

The player uses the HTTP API as anybody else does, and the simulators' control ports for telephones and radio users.
"""
