"""The roll call (*upprop*): the functions that a meeting expects, against those who are there."""
