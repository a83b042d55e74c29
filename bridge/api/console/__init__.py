"""The web console: pages for the host. Placeholder of the router until the pages are here."""

from fastapi import FastAPI


def install(app: FastAPI) -> None:
    return None
