"""The other side of the trunk: simulated telephones with manners, in a process of its own.

A telephone is a number and a manner (`manners`). It is rung over SIP (`exchange`, `line`) and acts as its manner says
(`person`). It hears what is said to it (`ear`), and speaks with a voice of its own (`voices`). It shares no code with
the program that it is an example for.
"""
