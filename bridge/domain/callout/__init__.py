"""The call-out (*inkallning*), and the ring-back of those whose line was lost."""
