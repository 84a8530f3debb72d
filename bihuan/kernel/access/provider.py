"""Signing in at the company's OpenID Connect provider: code flow with PKCE, state and nonce. Authlib builds and checks the messages.

What the library leaves to us: that the provider is the configured one, that its addresses are encrypted ones, that it
signs with a key of its own and for us alone, and that no answer of it leads on to another host.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from . import directory
from .refusals import Conflict, Invalid

log = logging.getLogger("bihuan.access")
NAME = "company"
LASTS = timedelta(minutes=10)  # from leaving for the provider to coming back
SKEW = timedelta(seconds=60)  # the provider's clock may be off
TIMEOUT = 10  # seconds for each question to the provider
SIGNATURES = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
ADDRESSES = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True)
class Arrival:
    """Who came back from the provider: ``name`` there, ``mark`` for ever; ``second``: by several factors, as far as configured.

    ``proved_at``: when they gave their password there anew, if that was asked for. ``then``: where they were going.
    """

    name: str
    mark: str
    second: bool
    then: str
    proved_at: datetime | None


def offered() -> bool:
    return bool(settings.OIDC_ISSUER)


def again(person: Any) -> bool:
    """Whether *person* can prove anew at the provider who they are."""
    return offered() and directory.linked(person)


def anew_link(person: Any, then: str | Promise) -> str:
    """For *person*, who has no password here, the link to prove it at the provider and come back to *then*; nothing for others."""
    if not again(person):
        return ""
    address = f"{reverse('company_anew')}?{urlencode({'next': str(then)})}"
    return format_html('<a href="{}">{}</a>', address, _("到企业登录重新验证，不用填这一项"))


def leave(request: HttpRequest, then: str, *, anew: bool = False) -> str:
    """The provider's address to go to, remembered in this session. *anew*: it is to ask for the password again.

    Raises Conflict when the provider cannot be reached or is not the one it should be.
    """
    more: dict[str, Any] = {"prompt": "login", "max_age": 0} if anew else {}
    back = settings.ORIGIN + reverse("company_back")
    client = _checked_client()
    made = _asked(lambda: client.create_authorization_url(back, **more))
    client.save_authorize_data(request, redirect_uri=back, then=then, anew=anew, left=timezone.now().timestamp(), **made)
    return str(made["url"])


def arrive(request: HttpRequest) -> Arrival:
    """Who the provider says has come back. Raises Invalid for whatever does not hold; the way there is used up by this."""
    client, state = _checked_client(), request.GET.get("state", "")
    kept = client.framework.get_state_data(request.session, state)
    client.framework.clear_state_data(request.session, state)
    now = timezone.now()
    if not kept or now.timestamp() - kept["left"] > LASTS.total_seconds():
        raise Invalid(_("登录没有完成：等得太久，或者是在另一个浏览器里开始的。请重新开始。"))
    if request.GET.get("error") or request.GET.get("iss", settings.OIDC_ISSUER) != settings.OIDC_ISSUER:
        raise _not_held()
    claims = _claims(client, request.GET.get("code", ""), kept)
    said = {str(claims.get("acr", "")), *map(str, claims.get("amr") or [])}
    return Arrival(
        name=_name(claims),
        mark=directory.mark_of(settings.OIDC_ISSUER, str(claims["sub"])),
        second=bool(said & set(settings.OIDC_SECOND_FACTOR)),
        then=kept["then"],
        proved_at=_proved_at(claims, kept["left"], now) if kept["anew"] else None,
    )


def _claims(client: Any, code: str, kept: dict[str, Any]) -> dict[str, Any]:
    """What the provider's signed token says, once everything about it holds."""
    given = _asked(lambda: client.fetch_access_token(kept["redirect_uri"], code=code, code_verifier=kept["code_verifier"]))
    ours = {"iss": {"essential": True, "value": settings.OIDC_ISSUER}, "aud": {"essential": True, "value": settings.OIDC_CLIENT_ID}}
    claims = _asked(lambda: client.parse_id_token(given, kept["nonce"], claims_options=ours, leeway=SKEW.seconds))
    if not claims or not claims["sub"] or claims["aud"] not in (settings.OIDC_CLIENT_ID, [settings.OIDC_CLIENT_ID]):
        raise _not_held()
    return dict(claims)


def _name(claims: dict[str, Any]) -> str:
    """The name by which the administrator knows them; an address of mail only when the provider has verified it."""
    if settings.OIDC_CLAIM == "email" and claims.get("email_verified") is not True:
        return ""
    return str(claims.get(settings.OIDC_CLAIM) or "")


def _proved_at(claims: dict[str, Any], left: float, now: datetime) -> datetime:
    """When they proved it; it must be after they left us. Raises Invalid."""
    said = claims.get("auth_time")
    if isinstance(said, bool) or not isinstance(said, int) or not left - SKEW.seconds <= said <= now.timestamp() + SKEW.seconds:
        raise Invalid(_("企业登录没有重新验证您的身份，或没有说明验证时间（auth_time）。请改用验证码或通行密钥，并告诉系统管理员。"))
    return min(datetime.fromtimestamp(said, UTC), now)


def _checked_client() -> Any:
    """The client, once the provider has said where its pages are."""
    client = _client(settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET)
    metadata = _asked(client.load_server_metadata)
    encrypted = settings.OIDC_ISSUER.startswith("https://")
    addresses = [str(metadata.get(name, "")) for name in ADDRESSES]
    signatures = [name for name in metadata.get("id_token_signing_alg_values_supported") or ["RS256"] if name in SIGNATURES]
    wrong = metadata.get("issuer") != settings.OIDC_ISSUER or not signatures
    if wrong or not all(one.startswith("https://" if encrypted else ("https://", "http://")) for one in addresses):
        client.server_metadata.pop("_loaded_at", None)  # asked again the next time
        log.error("the provider's own description does not fit BIHUAN_OIDC_ISSUER")
        raise Conflict(_("企业登录的设置不对，不能用它登录。请告诉系统管理员。"))
    client.server_metadata["id_token_signing_alg_values_supported"] = signatures
    return client


@lru_cache(maxsize=1)
def _client(issuer: str, client_id: str, secret: str) -> Any:
    from authlib.integrations.django_client import OAuth
    from authlib.integrations.django_client.apps import DjangoOAuth2App
    from authlib.integrations.requests_client import OAuth2Session

    class Session(OAuth2Session):
        def request(self, method: str, url: str, **more: Any) -> Any:
            """No answer leads on to somewhere else: the secret goes to the configured provider alone."""
            return super().request(method, url, **more | {"allow_redirects": False})

    class App(DjangoOAuth2App):
        client_cls = Session

    return OAuth().register(
        NAME,
        client_cls=App,
        client_id=client_id,
        client_secret=secret,
        server_metadata_url=f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256", "default_timeout": TIMEOUT},
    )


def _asked(question: Callable[[], Any]) -> Any:
    """What *question* brings. Raises Conflict when nobody answers, Invalid for an answer that does not hold."""
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError
    from requests import RequestException

    try:
        return question()
    except RequestException as problem:
        log.warning("the provider does not answer: %s", type(problem).__name__)
        raise Conflict(_("企业登录现在连不上。请稍后再试，或用其他方式登录。")) from problem
    except (AuthlibBaseError, JoseError, ValueError, TypeError, KeyError, RuntimeError) as problem:
        log.warning("the provider's answer does not hold: %s", type(problem).__name__)
        raise _not_held() from problem


def _not_held() -> Invalid:
    return Invalid(_("企业登录没有完成，或它的答复没有通过核对。请重新开始；总是不行时，请告诉系统管理员。"))
