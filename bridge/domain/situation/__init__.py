"""Situation reports (*lägesbilder*): a short text of each organisation to a meeting, with its needs."""
