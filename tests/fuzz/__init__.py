"""A seeded fuzzer of everything between the bytes of a terminal and what the program believes, see `__main__`."""
