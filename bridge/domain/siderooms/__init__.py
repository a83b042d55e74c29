"""Side rooms: some of a meeting talk apart from it for a while, and come back."""
