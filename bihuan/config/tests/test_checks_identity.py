"""A directory that is set up by halves or unencrypted is refused in words (#22)."""

import pytest

from bihuan.config.checks_identity import directory_settings

OIDC = {"OIDC_ISSUER": "https://id.example.com", "OIDC_CLIENT_ID": "bihuan", "OIDC_CLIENT_SECRET": "x"}
LDAP = {"LDAP_URL": "ldaps://ldap.example.com", "LDAP_BASE": "ou=people,dc=example,dc=com"}


def found(settings, **values):
    settings.PRODUCTION = True
    for name, value in values.items():
        setattr(settings, name, value)
    return [message.id for message in directory_settings(None)]


@pytest.mark.parametrize("whole", [{}, OIDC, LDAP, {"LDAP_URL": "ldap://ldap.example.com", "LDAP_BIND": "uid={name},dc=example"}])
def test_what_is_whole_and_encrypted_is_in_order(settings, whole):
    assert found(settings, **whole) == []


@pytest.mark.parametrize("wrong, told", [
    (OIDC | LDAP, "bihuan.E012"),
    (OIDC | {"OIDC_CLIENT_SECRET": ""}, "bihuan.E013"),
    (OIDC | {"OIDC_ISSUER": "http://id.example.com"}, "bihuan.E014"),
    (LDAP | {"LDAP_URL": "ldap.example.com"}, "bihuan.E015"),
    (LDAP | {"LDAP_BASE": ""}, "bihuan.E016"),
    (LDAP | {"LDAP_BASE": "", "LDAP_BIND": "uid=everybody"}, "bihuan.E016"),
    (LDAP | {"LDAP_SEARCHER": "cn=reader"}, "bihuan.E017"),
    (LDAP | {"LDAP_CA": "/nowhere/ca.pem"}, "bihuan.E018"),
    (LDAP | {"LDAP_URL": "ldap://ldap.example.com", "LDAP_PLAIN": True}, "bihuan.W007"),
])  # fmt: skip
def test_what_is_not_is_named(settings, wrong, told):
    assert found(settings, **wrong) == [told]
