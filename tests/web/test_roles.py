"""Who has which role, and what a table of roles may say."""

from typing import Any

import pytest

from store.cases import STEPS
from web.roles import MAY_SEND_FILES, MAY_STEP, MAY_UPLOAD, ROLES, Roles, SettingsError, read_roles

PEOPLE: Any = {"Li@Example.org": "analyst", "auth0|77": "manager"}


@pytest.mark.parametrize(
    ("said", "role"),
    [
        ({"email": "li@example.org"}, "analyst"),
        ({"email": "LI@EXAMPLE.ORG", "email_verified": True}, "analyst"),
        ({"email": "li@example.org", "email_verified": "true"}, "analyst"),
        ({"email": "li@example.org", "email_verified": False}, None),
        ({"email": "li@example.org", "email_verified": "false"}, None),
        ({"email": "li@example.org", "email_verified": "no"}, None),
        ({"email": "li@example.org.evil.example"}, None),
        ({"email": ["li@example.org"]}, None),
        ({"email": "auth0|77"}, None),
        ({"sub": "auth0|77"}, "manager"),
        ({"sub": "AUTH0|77"}, None),
        ({"name": "li@example.org", "preferred_username": "auth0|77"}, None),
        ({}, None),
    ],
)
def test_people_by_address_or_subject(said: Any, role: str | None) -> None:
    assert read_roles({"people": PEOPLE}, "s.toml").role(said) == role


@pytest.mark.parametrize(
    ("said", "role"),
    [
        *((each, each) for each in ROLES),
        (["inspector"], "inspector"),
        (["staff", "inspector", "analyst"], "analyst"),
        (["manager", "administrator"], "administrator"),
        *((each, None) for each in ("Analyst", "analyst ", "analyst,manager", "", None, 1, True, [], [None], {})),
        ({"analyst": True}, None),
        ([["analyst"]], None),
    ],
)
def test_roles_by_a_claim(said: Any, role: str | None) -> None:
    roles = read_roles({"claim": "groups"}, "s.toml")
    assert roles.role({"groups": said}) == role
    assert roles.role({"other": said}) is None


def test_values_of_a_claim_that_mean_roles() -> None:
    roles = read_roles({"claim": "groups", "values": {"mines-analysts": "analyst"}}, "s.toml")
    assert roles.role({"groups": ["all", "mines-analysts"]}) == "analyst"
    assert roles.role({"groups": ["administrator"]}) is None  # a group of another's making


def test_the_list_of_people_comes_first() -> None:
    roles = read_roles({"claim": "groups", "people": PEOPLE}, "s.toml")
    assert roles.role({"sub": "auth0|77", "groups": "administrator"}) == "manager"
    assert roles.role({"sub": "another", "groups": "administrator"}) == "administrator"


def test_nobody_has_a_role_by_default() -> None:
    assert Roles({}).role({"sub": "x", "groups": "administrator", "role": "administrator"}) is None


@pytest.mark.parametrize(
    ("section", "told"),
    [
        (None, "says nobody's role"),
        ({}, "says nobody's role"),
        ("analyst", "says nobody's role"),
        ({"claims": "groups"}, "unknown key 'claims'"),
        ({"claim": ""}, "claim must be"),
        ({"claim": ["groups"]}, "claim must be"),
        ({"values": {"a": "analyst"}}, "name it with claim"),
        ({"claim": "groups", "values": "analyst"}, r"\[pitwatch.roles.values\] must be a table"),
        ({"claim": "groups", "values": {"a": "boss"}}, "'a' has no such role as 'boss'; give one of administrator"),
        ({"people": ["li@example.org"]}, r"\[pitwatch.roles.people\] must be a table"),
        ({"people": {"li@example.org": ["analyst"]}}, "no such role"),
        ({"people": {"li@example": {"org": "analyst"}}}, "in quotes"),
        ({"people": {"li@example.org": "analyst", "Li@example.org": "manager"}}, "two roles"),
    ],
)
def test_what_is_wrong_is_named_with_its_file(section: object, told: str) -> None:
    with pytest.raises(SettingsError, match=told) as error:
        read_roles(section, "s.toml")
    assert str(error.value).startswith("s.toml: [pitwatch.roles")


def test_every_step_is_someone_s_and_photos_are_sent_by_whom_they_are_for() -> None:
    assert set(MAY_STEP) == {"open", *STEPS}
    assert all(MAY_STEP.values())
    may_step = frozenset().union(*MAY_STEP.values())
    assert MAY_STEP["photo"] == may_step
    assert MAY_STEP["photo"] | MAY_UPLOAD <= MAY_SEND_FILES
    assert "inspector" not in MAY_UPLOAD
