"""My settings: who I am, my sessions and factors, and how the console looks and sounds."""

import json
from typing import Annotated, Any, Literal

from fastapi import Path, Request
from pydantic import Field

from bridge.api.account_views import FactorOut, SessionOut, factor_out, session_out
from bridge.api.dependencies import TheDependencies, TheService
from bridge.api.resource import resource
from bridge.api.routes.sessions import EndedOut
from bridge.api.security import Asker, origin_of, passkey_host
from bridge.api.text import Input, Name, Output
from bridge.domain.kernel.language import Language

router = resource("/me", "me")


class MeOut(Output):
    """The one who asks."""

    name: str
    """As the audit log shows it."""
    roles: list[str]
    """The roles they have."""
    account: str | None
    """The id of their account; null: they came by a token that is nobody's."""
    shown: str
    """As people read it."""
    language: str | None
    """The console's; null: as the browser says."""
    theme: str
    """`auto`, `dark` or `light`."""
    sound: int
    """Volume of the console's sounds, per cent."""
    factors: list[FactorOut]
    """Their own, the oldest first."""


class PreferIn(Input):
    """How the console looks and sounds, in every browser."""

    language: Language | None = None
    """Null: as the browser says."""
    theme: Literal["auto", "dark", "light"] = "auto"
    """Auto: as the browser says."""
    sound: int = Field(default=70, ge=0, le=100)
    """Volume, per cent."""


class PasswordIn(Input):
    """A new password."""

    password: str = Field(max_length=1000)
    """15 to 128 characters, and none that many use."""


class BegunOut(Output):
    """Codes by time that are being added."""

    key: str
    """Given back with the first code."""
    secret: str
    """As people type it into their telephone; shown here alone."""
    address: str
    """That an app opens (`otpauth:`)."""


class TotpIn(Input):
    """The first code of a telephone."""

    key: str = Field(max_length=100)
    """As it was given."""
    code: str = Field(max_length=20)
    """Six digits."""
    name: Name
    """Of the telephone."""


class PasskeyBegunOut(Output):
    """A passkey that is being added."""

    key: str
    """Given back with the browser's answer."""
    options: dict[str, Any]
    """For the browser (WebAuthn, `PublicKeyCredentialCreationOptionsJSON`)."""


class PasskeyIn(Input):
    """A browser's answer."""

    key: str = Field(max_length=100)
    """As it was given."""
    answer: dict[str, Any]
    """`RegistrationResponseJSON`."""
    name: Name
    """Of the passkey."""


class CodesOut(Output):
    """Codes on paper, each for once."""

    codes: list[str]
    """Shown here alone. Former ones work no more."""


class BeatIn(Input):
    """The page of a meeting is open."""

    meeting: str = Field(max_length=64)
    """The id of the conference."""


class BeatOut(Output):
    """Whether the meeting goes on."""

    goes_on: bool
    """The session does not end for want of a person as long as it does."""


@router.get("")
async def read(service: TheService, asker: Asker) -> MeOut:
    """The one who asks."""
    own = await service.own.read(asker)
    account = own.account
    return MeOut(
        name=own.name,
        roles=sorted(own.roles),
        account=account.id if account is not None else None,
        shown=account.shown if account is not None else own.name,
        language=account.language if account is not None else None,
        theme=account.theme if account is not None else "auto",
        sound=account.sound if account is not None else 70,
        factors=[factor_out(one) for one in own.factors],
    )


@router.patch("", status_code=204)
async def prefer(service: TheService, asker: Asker, given: PreferIn) -> None:
    """How the console looks and sounds."""
    await service.own.prefer(asker, language=given.language, theme=given.theme, sound=given.sound)


@router.get("/sessions")
async def sessions(service: TheService, asker: Asker) -> list[SessionOut]:
    """My own sessions, the newest first."""
    return [session_out(one) for one in await service.own.sessions(asker)]


@router.post("/sessions/end-others")
async def end_others(service: TheService, asker: Asker) -> EndedOut:
    """End all of mine but the one that asks."""
    return EndedOut(ended=await service.own.end_others(asker))


@router.delete("/sessions/{session}", status_code=204)
async def end_session(
    service: TheService, asker: Asker, session: Annotated[str, Path(max_length=64, description="The id of the login.")]
) -> None:
    """End one of mine."""
    await service.own.end_session(asker, session)


@router.post("/beat")
async def beat(service: TheService, asker: Asker, given: BeatIn) -> BeatOut:
    """The page of a meeting is open: my session goes on with it."""
    return BeatOut(goes_on=await service.own.beat(asker, given.meeting))


@router.post("/password", status_code=204)
async def set_password(service: TheService, asker: Asker, given: PasswordIn) -> None:
    """A new password. My other sessions end."""
    await service.own.set_password(asker, given.password)


@router.post("/totp")
async def begin_totp(service: TheService, asker: Asker) -> BegunOut:
    """Begin to add codes by time."""
    key, secret, address = await service.own.begin_totp(asker)
    return BegunOut(key=key, secret=secret, address=address)


@router.post("/totp/confirm", status_code=201)
async def add_totp(service: TheService, asker: Asker, given: TotpIn) -> FactorOut:
    """Keep them: the telephone shows the right code."""
    return factor_out(await service.own.add_totp(asker, given.key, given.code, given.name))


@router.post("/passkeys")
async def begin_passkey(service: TheService, parts: TheDependencies, asker: Asker, request: Request) -> PasskeyBegunOut:
    """Begin to add a passkey, for the name that this page was opened by."""
    key, options = await service.own.begin_passkey(asker, passkey_host(request, parts) or "")
    return PasskeyBegunOut(key=key, options=json.loads(options))


@router.post("/passkeys/confirm", status_code=201)
async def add_passkey(
    service: TheService, parts: TheDependencies, asker: Asker, request: Request, given: PasskeyIn
) -> FactorOut:
    """Keep it: the browser's answer is right."""
    host, origin = passkey_host(request, parts) or "", origin_of(request)
    answer = json.dumps(given.answer)
    return factor_out(await service.own.add_passkey(asker, given.key, answer, given.name, host=host, origin=origin))


@router.post("/codes")
async def fresh_codes(service: TheService, asker: Asker) -> CodesOut:
    """New codes on paper."""
    return CodesOut(codes=await service.own.fresh_codes(asker))


@router.delete("/factors/{factor}", status_code=204)
async def remove_factor(
    service: TheService, asker: Asker, factor: Annotated[str, Path(max_length=64, description="The id of the factor.")]
) -> None:
    """Remove one of mine; the last stays."""
    await service.own.remove_factor(asker, factor)
