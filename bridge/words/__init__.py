"""Samband's words to people, in Swedish and English: one catalogue for pages, commands, orders by radio and answers.

`say` gives a reason's words, `word` any other entry. Nothing here fails at run time. A code without words is shown as
itself with its data, counted in `missing`, and logged once. A test holds both languages complete.
"""

from bridge.words.catalogue import entry, missing, say, section, sections, with_evidence, word
from bridge.words.languages import negotiate, of_environment, says_a_language

__all__ = [
    "entry",
    "missing",
    "negotiate",
    "of_environment",
    "say",
    "says_a_language",
    "section",
    "sections",
    "with_evidence",
    "word",
]
