"""Guessing: wrong codes are counted where they come from, and the look-up of a source that guesses waits."""
