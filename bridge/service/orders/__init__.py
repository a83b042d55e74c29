"""Orders by radio, as coded short data. A duty officer without a telephone calls a list in with them, and steers the
meeting."""
