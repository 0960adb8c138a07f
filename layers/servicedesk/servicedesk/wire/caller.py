"""The caller: the company and the contact that any kind of authorizer names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from servicedesk.domain.actor import Actor
from servicedesk.domain.faults import InvalidValueError, NoCompanyError
from servicedesk.domain.kinds import GUID

_KEY_ID = re.compile(r"[!-~]{1,64}")


@dataclass(frozen=True, slots=True)
class Caller:
    """The company on whose behalf a request is sent, with the contact and the key if the credentials name them."""

    company_id: str
    contact_id: str | None
    key_id: str | None = None

    @property
    def actor(self) -> Actor:
        """The author of this caller's writes."""
        return Actor(self.contact_id, self.key_id)

    @classmethod
    def from_authorizer(cls, context: Mapping[str, object]) -> "Caller":
        """Return the caller that an authorizer context (``requestContext.authorizer``) names.

        Reads the context of a REST API's Lambda authorizer (flat), of an HTTP API's (``lambda``), of an HTTP API's JWT
        authorizer (``jwt.claims``) and of Cognito (``claims``, where names can begin with ``custom:``). Only a Lambda
        authorizer knows keys. A ``key_id`` among an identity provider's claims is ignored, because users may be able to
        write claims of their own (contract rule 15.3).

        Raises:
            NoCompanyError: the context has no ``company_id`` that is a GUID.
        """
        claims = _claims(context)
        company_id = _guid(claims.get("company_id", claims.get("custom:company_id")))
        if company_id is None:
            raise NoCompanyError("The credentials are valid, but name no company.")
        contact_id = _guid(claims.get("contact_id", claims.get("custom:contact_id")))
        key_id = claims.get("key_id") if claims is context or claims is context.get("lambda") else None
        return cls(company_id, contact_id, key_id if isinstance(key_id, str) and _KEY_ID.fullmatch(key_id) else None)


def _claims(context: Mapping[str, object]) -> Mapping[str, object]:
    jwt = context.get("jwt")
    nested = jwt.get("claims") if isinstance(jwt, Mapping) else context.get("lambda", context.get("claims"))
    return nested if isinstance(nested, Mapping) else context


def _guid(value: object) -> str | None:
    try:
        return None if GUID.is_unset(value) else GUID.read(value)
    except InvalidValueError:
        return None
