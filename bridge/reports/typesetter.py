"""The program that typesets one document: a JSON text comes in, a PDF or a fault goes out.

It is a program of its own, since the typesetter keeps all that it ever set, and takes every core. This one ends
after each document, is polite, and can be stopped. It imports nothing of `bridge`, and is started by its path.

Standard input: `{"template": …, "report": …, "timestamp": seconds since 1970}`. Standard output: the PDF. With exit
status 1 the fault is on standard error, in the typesetter's own words.
"""

import json
import os
import sys
from pathlib import Path

_NO_FOLDER = "/nonexistent"
"""Of packages: the template uses none, and none may be fetched."""
_NICE = 10
_TEMPLATES = {"callout": "callout.typ", "minutes": "minutes.typ"}
_FAULT = 1


def main() -> int:
    """Typeset what standard input holds."""
    os.nice(_NICE)
    import typst

    asked = json.load(sys.stdin.buffer)
    folder = Path(__file__).parent
    try:
        made = typst.compile(
            folder / _TEMPLATES[asked["template"]],
            root=folder,
            ignore_system_fonts=True,
            sys_inputs={"report": json.dumps(asked["report"], ensure_ascii=False)},
            pdf_standards=["a-2a", "ua-1"],
            timestamp=asked["timestamp"],
            package_path=_NO_FOLDER,
            package_cache_path=_NO_FOLDER,
        )
    except typst.TypstError as error:
        sys.stderr.write(error.message)
        return _FAULT
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
