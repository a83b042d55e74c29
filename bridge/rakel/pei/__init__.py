"""The Peripheral Equipment Interface of a TETRA terminal (ETSI EN 300 392-5), without IO.

`framing` cuts bytes into lines. `results` and `commands` are the two tables of the language. `session` keeps one
command in flight, and `sds` codes the user data. Nothing here opens a port, sleeps or reads a clock.
"""
