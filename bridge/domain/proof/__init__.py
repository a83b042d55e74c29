"""Proof of the archive: signed heads of the audit chain, and whether rows, manifests, files and audit agree. Pure."""
