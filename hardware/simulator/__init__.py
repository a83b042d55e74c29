"""A simulated radio terminal and the radio network behind it, as a process of its own.

It is written from the research on EN 300 392-5 alone. It shares no code with the program's own PEI driver. They are two
readings of one standard, each a test of the other.
"""
