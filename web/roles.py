"""Who may do what: the roles, and who has which by the secrets file's `[pitwatch.roles]`.

Knows nothing of how people sign in: it is given what the identity provider says of a person, the claims.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

Role = Literal["administrator", "analyst", "manager", "inspector"]
# Of several, a person has the first.
ROLES: tuple[Role, ...] = get_args(Role)
# Files of permits can become an area's register, by which everyone then judges.
MAY_UPLOAD: frozenset[Role] = frozenset({"administrator", "analyst"})
# Cases: who says what a suspicion comes to, and who shares the work out and ends it. Notes and photos are everyone's.
_INSPECT: frozenset[Role] = frozenset({"administrator", "manager", "inspector"})
_DIRECT: frozenset[Role] = frozenset({"administrator", "manager"})
MAY_STEP: Mapping[str, frozenset[Role]] = {
    "open": frozenset(ROLES),
    "note": frozenset(ROLES),
    "photo": frozenset(ROLES),
    "take": _INSPECT,
    "confirm": _INSPECT,
    "dismiss": _INSPECT,
    "reopen": _DIRECT,
    "close": _DIRECT,
    "assign": _DIRECT,
}
# Who may send the server a file at all; what becomes of it, the page decides that asks for it.
MAY_SEND_FILES: frozenset[Role] = MAY_UPLOAD | MAY_STEP["photo"]

_KEYS = ("claim", "values", "people")


class SettingsError(ValueError):
    """A setting that an administrator must mend; says which and how."""


@dataclass(frozen=True)
class Roles:
    """Roles by name of person, and by a claim."""

    people: Mapping[str, Role]  # by e-mail address in lower case, or by subject
    claim: str | None = None
    values: Mapping[str, Role] | None = None  # what the claim's values mean, where they are no roles themselves

    def role(self, claims: Mapping[str, Any]) -> Role | None:
        """The role of the person of whom this is said; None for who is not known."""
        return self._by_name(claims) or self._by_claim(claims)

    def _by_name(self, claims: Mapping[str, Any]) -> Role | None:
        subject, email = claims.get("sub"), claims.get("email")
        if isinstance(subject, str) and subject in self.people:
            return self.people[subject]
        # An address that was not tested is whatever the person says; many providers test them and say nothing.
        if isinstance(email, str) and "@" in email and claims.get("email_verified") in (None, True, "true"):
            return self.people.get(email.lower())
        return None

    def _by_claim(self, claims: Mapping[str, Any]) -> Role | None:
        if self.claim is None:
            return None
        said = claims.get(self.claim)
        values = said if isinstance(said, list) else [said]
        meaning: Mapping[str, Role] = {role: role for role in ROLES} if self.values is None else self.values
        has = {meaning[value] for value in values if isinstance(value, str) and value in meaning}
        return next((role for role in ROLES if role in has), None)


def read_roles(section: object, file: str) -> Roles:
    """The section `[pitwatch.roles]` of a file.

    Raises
    ------
    SettingsError
        Naming the file, the field and the mend.
    """
    where = f"{file}: [pitwatch.roles]"
    if not isinstance(section, Mapping) or not section:
        raise SettingsError(
            f'{where} says nobody\'s role; add it, with claim = "..." or a table [pitwatch.roles.people]'
        )
    if unknown := sorted(set(section) - set(_KEYS)):
        raise SettingsError(f"{where} has an unknown key '{unknown[0]}'; it may have {', '.join(_KEYS)}")
    claim = section.get("claim")
    if claim is not None and not (isinstance(claim, str) and claim):
        raise SettingsError(f'{where} claim must be the name of a claim in quotes, such as "groups"')
    if "values" in section and claim is None:
        raise SettingsError(f"{where} values says what the values of a claim mean; name it with claim")
    values = _table(section["values"], f"{file}: [pitwatch.roles.values]") if "values" in section else None
    people: dict[str, Role] = {}
    listed = f"{file}: [pitwatch.roles.people]"
    for name, role in _table(section.get("people", {}), listed).items():
        key = name.lower() if "@" in name else name
        if people.setdefault(key, role) != role:
            raise SettingsError(f"{listed} gives '{name}' two roles; keep one")
        people.setdefault(name, role)  # a subject may look like an address, and is compared as it stands
    return Roles(people, claim, values)


def _table(given: object, where: str) -> dict[str, Role]:
    if not isinstance(given, Mapping):
        raise SettingsError(f"{where} must be a table of lines such as \"name\" = 'analyst'")
    for name, role in given.items():
        if isinstance(role, Mapping):
            raise SettingsError(f"{where} '{name}' is read as a table: put a name that has dots in quotes")
        if role not in ROLES:
            raise SettingsError(f"{where} '{name}' has no such role as {role!r}; give one of {', '.join(ROLES)}")
    return dict(given)
