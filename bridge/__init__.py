"""Samband: the telephone and radio bridge of crisis coordination.

The packages, top down (import-linter holds this order)::

    cli › main › settings|logs › api › engine|ari|rakel|media|recording|storage|service
        › written › ports|files › words › domain|audio

How a call flows: Asterisk → `bridge.ari` translates to a domain event → `bridge.engine` puts it in its one inbox →
`bridge.domain` steps. Then the engine commits, publishes the view and hands the effects to the adapters' lanes.
"""
