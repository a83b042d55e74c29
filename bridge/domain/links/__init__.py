"""Links in messages, by which somebody without an account does one thing."""
