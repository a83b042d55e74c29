"""Radio terminals on the Peripheral Equipment Interface: `radio.RakelRadio` is the way in."""
