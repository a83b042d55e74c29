"""The radio side on a virtual clock: hours in minutes, see `__main__`."""
