"""Speaking: the speaking list (*talarlista*), the time limit of a turn, and the turn of a lost line."""
