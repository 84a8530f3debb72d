"""Where a request comes from, and where it may be sent on to."""

import pytest
from django.test import RequestFactory

from bihuan.kernel.access.origin import address_of, network_of, own_path, page_before


def request(**meta):
    return RequestFactory().get("/", **meta)


def test_an_address_is_the_one_of_the_connection_whatever_a_header_says(settings):
    settings.SECURE_PROXY_SSL_HEADER = None
    assert address_of(request(REMOTE_ADDR="203.0.113.7", HTTP_X_FORWARDED_FOR="198.51.100.1")) == "203.0.113.7"


def test_behind_our_proxy_it_is_the_one_the_proxy_wrote_last(settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert address_of(request(REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="6.6.6.6, 203.0.113.7")) == "203.0.113.7"
    assert address_of(request(REMOTE_ADDR="127.0.0.1")) == "127.0.0.1"


@pytest.mark.parametrize("said", ["", "unix:", "203.0.113.7; DROP", "x" * 10_000])
def test_what_is_no_address_is_nothing(said):
    assert address_of(request(REMOTE_ADDR=said)) == ""


def test_one_household_of_ipv6_is_one_network():
    first, second, other = (request(REMOTE_ADDR=f"2001:db8:0:{net}::{host}") for net, host in ((1, 1), (1, 2), (2, 1)))
    assert network_of(first) == network_of(second) != network_of(other)
    assert network_of(request(REMOTE_ADDR="203.0.113.7")) == "203.0.113.7"


@pytest.mark.parametrize("path", ["/", "/requests/BX-HD-2026-000417/", "/list/?q=高压&page=2", "/a/#b"])
def test_a_path_of_ours_is_kept(path):
    assert own_path(path) == path


@pytest.mark.parametrize(
    "path", [None, "", "a", "//x", "///x", "/\\x", "\\/x", "https:x", "javascript:x", " /x", "/\t/x", "/\r\nSet-Cookie: a=b"]
)
def test_anything_else_is_not(path):
    assert own_path(path) == ""


@pytest.mark.parametrize(
    "headers, path",
    [
        ({"HTTP_REFERER": "http://testserver/work/?tab=1#row"}, "/work/?tab=1"),
        ({"HTTP_HX_CURRENT_URL": "http://testserver/now/", "HTTP_REFERER": "http://testserver/then/"}, "/now/"),
        ({"HTTP_REFERER": "http://evil.example/work/"}, ""),
        ({"HTTP_REFERER": "http://testserver//evil.example"}, ""),
        ({}, ""),
    ],
)
def test_the_page_before_is_one_of_ours_or_none(headers, path):
    assert page_before(request(**headers)) == path
