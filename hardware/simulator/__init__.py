"""A simulated radio terminal and the radio network behind it, as a process of its own.

It is written from the research on EN 300 392-5 alone and shares no code with the program's own PEI driver: two readings
of one standard, each a test of the other.
"""
