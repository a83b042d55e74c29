"""HTTP: the JSON API under `/api/v1`, the web console, and how the program is watched.

The only package that knows HTTP status codes. It reads live state from `Control.node()` and changes it by
`Control.ask(actor, command)`; see `bridge.api.app.create_app`.
"""
