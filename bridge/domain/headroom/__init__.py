"""Open microphones are bounded by what Asterisk can mix: more of them would break the sound for everybody."""
