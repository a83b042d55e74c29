"""Lines that are not as they should be: put on hold, sounding without a pause, or silent altogether."""
