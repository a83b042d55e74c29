"""The voice of each participant in a track of their own, beside the mix."""
