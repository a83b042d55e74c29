"""The ties between the rooms: the only place that knows more than one of them."""
