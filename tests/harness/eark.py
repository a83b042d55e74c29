"""E-ARK's own validator as a program: a package goes in, its errors come out as JSON.

It is a program of its own, since the validator leaves files open. It fetches four vocabularies when it is imported, and
gets the terms that we use here instead.
"""

import io
import json
import sys
import urllib.request
from pathlib import Path
from typing import Final

_TERMS: Final = {
    "ContentCategory": "Mixed",
    "ContentInformationType": "MIXED",
    "OAISPackageType": "SIP",
    "Status": "CURRENT",
}


def _vocabulary(address: str) -> io.BytesIO:
    [term] = [term for name, term in _TERMS.items() if address.endswith(f"Vocabulary{name}.xml")]
    return io.BytesIO(f"<Term>{term}</Term>\n".encode())


def main(package: Path) -> None:
    """Print the errors as a list of rule, place and message."""
    urllib.request.urlopen = _vocabulary  # type: ignore[assignment]
    from eark_validator import packages  # type: ignore[import-untyped]

    report = packages.PackageValidator(package).validation_report
    found = list(report.structure.messages)
    if report.metadata is not None:
        found += [*report.metadata.schema_results.messages, *report.metadata.schematron_results.messages]
    errors = [(one.rule_id, one.location, one.message) for one in found if one.severity.value == "Error"]
    json.dump(errors, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
