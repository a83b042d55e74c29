"""Evaluations (*utvärdering*) of a conference by those who took part."""
