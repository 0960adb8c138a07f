"""Who is calling: company and contact, from whatever authorizer stands before the function, never from the body."""

from collections.abc import Mapping
from dataclasses import dataclass

from servicedesk.domain import values
from servicedesk.wire.problems import NoCompany


@dataclass(frozen=True, slots=True)
class Caller:
    """The company that a request speaks for, and the contact within it if the credentials name one."""

    company_id: str
    contact_id: str | None
    key_id: str | None = None

    @classmethod
    def of(cls, authorizer: Mapping[str, object]) -> "Caller":
        """The caller that an authorizer context (``requestContext.authorizer``) names.

        Reads the context of a REST API's Lambda authorizer (flat), of an HTTP API's (``lambda``), an HTTP API's JWT
        authorizer (``jwt.claims``) and of Cognito (``claims``, also as ``custom:company_id``).

        Raises:
            NoCompany: no ``company_id`` that is a GUID.
        """
        claims = _claims(authorizer)
        company_id = _guid(claims.get("company_id", claims.get("custom:company_id")))
        if company_id is None:
            raise NoCompany("The credentials are valid, but name no company whose tasks they are for.")
        contact_id = _guid(claims.get("contact_id", claims.get("custom:contact_id")))
        key_id = claims.get("key_id")
        return cls(company_id, contact_id, key_id if isinstance(key_id, str) else None)


def _claims(authorizer: Mapping[str, object]) -> Mapping[str, object]:
    jwt = authorizer.get("jwt")
    nested = jwt.get("claims") if isinstance(jwt, Mapping) else authorizer.get("lambda", authorizer.get("claims"))
    return nested if isinstance(nested, Mapping) else authorizer


def _guid(value: object) -> str | None:
    try:
        guid = values.guid(value)
    except values.InvalidValueError:
        return None
    return guid if guid != values.ZERO_GUID else None
