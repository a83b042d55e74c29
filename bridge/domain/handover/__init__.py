"""The making of packages in the background: its records, and the rules of its steps. Pure."""
