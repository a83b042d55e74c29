"""Somebody who may do everything, for tests that ask the engine themselves."""

from bridge.domain.kernel.principal import AccessRole, Principal, PrincipalKind


def somebody(name: str = "test") -> Principal:
    """An operator of this name."""
    return Principal(f"{PrincipalKind.TOKEN}:{name}", name, PrincipalKind.TOKEN, frozenset({AccessRole.OPERATOR}))
