"""The vocabulary of lines, mixes and playback, as Asterisk knows them."""
