"""The caller: the company and the contact that any kind of authorizer names."""

from collections.abc import Mapping
from dataclasses import dataclass

from servicedesk.domain.faults import InvalidValueError, NoCompanyError
from servicedesk.domain.kinds import GUID


@dataclass(frozen=True, slots=True)
class Caller:
    """The company on whose behalf a request is sent, and its contact where the credentials name one."""

    company_id: str
    contact_id: str | None
    key_id: str | None = None

    @classmethod
    def from_authorizer(cls, context: Mapping[str, object]) -> "Caller":
        """Return the caller that an authorizer context (``requestContext.authorizer``) names.

        Reads the context of a REST API's Lambda authorizer (flat), of an HTTP API's (``lambda``), of an HTTP API's JWT
        authorizer (``jwt.claims``) and of Cognito (``claims``, where names can begin with ``custom:``).

        Raises:
            NoCompanyError: the context has no ``company_id`` that is a GUID.
        """
        claims = _claims(context)
        company_id = _guid(claims.get("company_id", claims.get("custom:company_id")))
        if company_id is None:
            raise NoCompanyError("The credentials are valid, but name no company whose tasks they are for.")
        contact_id = _guid(claims.get("contact_id", claims.get("custom:contact_id")))
        key_id = claims.get("key_id")
        return cls(company_id, contact_id, key_id if isinstance(key_id, str) else None)


def _claims(context: Mapping[str, object]) -> Mapping[str, object]:
    jwt = context.get("jwt")
    nested = jwt.get("claims") if isinstance(jwt, Mapping) else context.get("lambda", context.get("claims"))
    return nested if isinstance(nested, Mapping) else context


def _guid(value: object) -> str | None:
    try:
        return None if GUID.is_unset(value) else GUID.read(value)
    except InvalidValueError:
        return None
