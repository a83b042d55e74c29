"""Sound as values: numpy arrays in, numpy arrays out. Nothing here waits, logs or reads a clock.

Time is counted in samples.
"""
