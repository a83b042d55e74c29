"""The schedule: prepared conferences, the rule of their dates, and the opening of each in its time."""
