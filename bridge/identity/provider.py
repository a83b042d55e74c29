"""A relying party of OpenID Connect Core 1.0: the code flow with PKCE (RFC 7636), state and nonce.

Keys come from the provider's own `jwks_uri` and never from a token. The algorithms are fixed.
"""

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import aiohttp
import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from bridge.domain.access.accounts import roles_by_claims
from bridge.domain.access.reasons import LoginReason
from bridge.domain.kernel.principal import AccessRole
from bridge.identity.settings import ProviderSettings
from bridge.ports import PortError, ProviderLogin

log = structlog.get_logger(__name__)

ALGORITHMS: Final = ["RS256", "PS256", "ES256"]
TIMEOUT_S: Final = 10.0
LEEWAY_S: Final = 60
KEPT_S: Final = 3600.0
"""The provider's document and keys are read anew after this, and when a token has another key."""
LARGEST_BYTES: Final = 500_000


class OpenIdProvider:
    """`bridge.ports.Provider`."""

    def __init__(self, settings: ProviderSettings) -> None:
        self._settings = settings
        self.name = settings.name
        self._document: Mapping[str, Any] | None = None
        self._read_at_s = 0.0

    async def begin(self, back: str) -> ProviderLogin:
        document = await self._about()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self._settings.client_id,
                "redirect_uri": back,
                "scope": " ".join(self._settings.scopes),
                "state": state,
                "nonce": nonce,
                "code_challenge": challenge,
                "code_challenge_method": "S256",
            }
            | ({"acr_values": " ".join(self._settings.acr)} if self._settings.acr else {})
        )
        address = str(document["authorization_endpoint"])
        return ProviderLogin(state, nonce, verifier, f"{address}{'&' if '?' in address else '?'}{query}", back)

    async def finish(self, begun: ProviderLogin, code: str) -> Mapping[str, Any]:
        document = await self._about()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": begun.back,
            "client_id": self._settings.client_id,
            "code_verifier": begun.verifier,
        }
        secret = self._settings.client_secret.get_secret_value()
        auth = aiohttp.BasicAuth(self._settings.client_id, secret) if secret else None
        answer = await _asked("POST", str(document["token_endpoint"]), data=form, auth=auth)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise _refused("the answer has no id_token")
        return await self._checked(token, begun.nonce)

    def roles(self, claims: Mapping[str, Any]) -> frozenset[AccessRole]:
        return roles_by_claims(claims, self._settings.roles_claim, self._settings.roles)

    # --- inside ---

    async def _checked(self, token: str, nonce: str) -> Mapping[str, Any]:
        claims = await self._signed(token)
        must_be = {"iss": self._settings.issuer, "nonce": nonce}
        for name, value in must_be.items():
            if claims.get(name) != value:
                raise _refused(f"its {name} is another")
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if self._settings.client_id not in audiences:
            raise _refused("its aud is another")
        if len(audiences) > 1 and claims.get("azp") != self._settings.client_id:
            raise _refused("its azp is another")
        now_s = time.time()
        ends, made = claims.get("exp"), claims.get("iat")
        if not isinstance(ends, int | float) or ends < now_s - LEEWAY_S:
            raise _refused("it has expired")
        if not isinstance(made, int | float) or made > now_s + LEEWAY_S:
            raise _refused("it is of the future")
        if not isinstance(claims.get("sub"), str) or not claims["sub"]:
            raise _refused("it names nobody")
        if self._settings.acr and claims.get("acr") not in self._settings.acr:
            raise _refused("its acr is not enough")
        return claims

    async def _signed(self, token: str) -> Mapping[str, Any]:
        """The claims, where a key of the provider signed them. A new key is looked for once."""
        fault: Exception | None = None
        for fresh in (False, True):
            document = await self._about(fresh=fresh)
            try:
                return jwt.decode(token, KeySet.import_key_set(document["keys"]), algorithms=ALGORITHMS).claims
            except (JoseError, ValueError, KeyError, TypeError) as error:
                fault = error
        raise _refused(str(fault))

    async def _about(self, *, fresh: bool = False) -> Mapping[str, Any]:
        now_s = time.monotonic()
        if self._document is not None and not fresh and now_s - self._read_at_s < KEPT_S:
            return self._document
        document = await _asked("GET", f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration")
        if document.get("issuer") != self._settings.issuer:
            raise _refused("it calls itself by another name")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not isinstance(document.get(name), str):
                raise _refused(f"its document has no {name}")
            is_plain = urlsplit(document[name]).scheme != "https"
            if is_plain and self._settings.issuer.startswith("https:"):
                raise _refused(f"its {name} is not private")
        keys = await _asked("GET", document["jwks_uri"])
        self._document, self._read_at_s = {**document, "keys": keys}, now_s
        return self._document


def _refused(why: str) -> PortError:
    log.warning("provider_refused", reason=why)
    return PortError("provider", LoginReason.PROVIDER_REFUSED(), retry=False, evidence=why)


async def _asked(method: str, address: str, **more: Any) -> dict[str, Any]:
    """The JSON object at an address. No redirect is followed."""
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as client,
            client.request(method, address, allow_redirects=False, **more) as answer,
        ):
            if answer.status != 200:
                raise _refused(f"it answered {answer.status}")
            if (answer.content_length or 0) > LARGEST_BYTES:
                raise _refused("its answer is too large")
            found = await answer.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        log.warning("provider_unreachable", reason=str(error) or type(error).__name__)
        raise PortError("provider", LoginReason.PROVIDER_UNREACHABLE(), retry=True, evidence=str(error)) from error
    if not isinstance(found, dict):
        raise _refused("its answer is no object")
    return found
