"""Passkeys by py_webauthn. The device verifies its user, each time: a passkey is two factors by itself."""

import json
from collections.abc import Sequence
from typing import Final

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from bridge.domain.access.accounts import Account
from bridge.ports import Passkey, PasskeyRefused

_WRONG: Final = (WebAuthnException, ValueError, KeyError, TypeError, json.JSONDecodeError)
_LONGEST: Final = 20_000


class WebAuthnPasskeys:
    """`bridge.ports.Passkeys`. `host`: the name that passkeys are made for (the RP ID)."""

    def registration(self, host: str, account: Account, known: Sequence[Passkey]) -> tuple[str, bytes]:
        options = generate_registration_options(
            rp_id=host,
            rp_name="Samband",
            user_id=account.id.encode(),
            user_name=account.name,
            user_display_name=account.shown,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=_listed(known),
        )
        return options_to_json(options), options.challenge

    def registered(self, host: str, origin: str, challenge: bytes, answer: str) -> tuple[str, str, int]:
        try:
            found = verify_registration_response(
                credential=answer[:_LONGEST],
                expected_challenge=challenge,
                expected_rp_id=host,
                expected_origin=origin,
                require_user_verification=True,
            )
        except _WRONG as error:
            raise PasskeyRefused(str(error)) from error
        return (
            bytes_to_base64url(found.credential_id),
            bytes_to_base64url(found.credential_public_key),
            found.sign_count,
        )

    def login(self, host: str, known: Sequence[Passkey] = ()) -> tuple[str, bytes]:
        options = generate_authentication_options(
            rp_id=host, allow_credentials=_listed(known), user_verification=UserVerificationRequirement.REQUIRED
        )
        return options_to_json(options), options.challenge

    def credential_of(self, answer: str) -> str | None:
        try:
            found = json.loads(answer[:_LONGEST])["id"]
        except _WRONG:
            return None
        return found if isinstance(found, str) else None

    def verified(self, host: str, origin: str, challenge: bytes, answer: str, key: Passkey) -> int:
        try:
            found = verify_authentication_response(
                credential=answer[:_LONGEST],
                expected_challenge=challenge,
                expected_rp_id=host,
                expected_origin=origin,
                credential_public_key=base64url_to_bytes(key.public_key),
                credential_current_sign_count=key.count,
                require_user_verification=True,
            )
        except _WRONG as error:
            raise PasskeyRefused(str(error)) from error
        return found.new_sign_count


def _listed(known: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.credential)) for one in known]
