"""What goes over the wire compressed, and what does not."""

import gzip
import io

import pytest
from django.http import FileResponse, HttpResponse
from django.test import RequestFactory

from bihuan.kernel.ui.compress import CompressMiddleware

TEXT = "压缩机高压报警，现场断电。" * 50
ASKS = {"headers": {"accept-encoding": "gzip, deflate, br"}}


def answered(response, **asks):
    return CompressMiddleware(lambda _request: response)(RequestFactory().get("/", **asks))


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/json", "application/problem+json"])
def test_a_text_goes_compressed_to_a_browser_that_asks_for_it(kind):
    answer = answered(HttpResponse(TEXT, content_type=kind), **ASKS)
    assert answer["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer["Vary"]
    assert int(answer["Content-Length"]) == len(answer.content) < len(TEXT.encode()) / 3
    assert gzip.decompress(answer.content).decode() == TEXT


def test_who_does_not_ask_gets_it_as_it_is():
    answer = answered(HttpResponse(TEXT))
    assert "Content-Encoding" not in answer
    assert answer.content.decode() == TEXT


def test_the_same_text_is_not_always_as_long():
    lengths = {len(answered(HttpResponse(TEXT), **ASKS).content) for _again in range(20)}
    assert len(lengths) > 1


@pytest.mark.parametrize("kind", ["image/jpeg", "application/pdf", "application/zip"])
def test_pictures_and_prints_stay_as_they_are(kind):
    assert "Content-Encoding" not in answered(HttpResponse(TEXT.encode(), content_type=kind), **ASKS)


def test_a_stream_keeps_its_length():
    answer = answered(FileResponse(io.BytesIO(TEXT.encode()), content_type="text/html"), **ASKS)
    assert "Content-Encoding" not in answer
    assert int(answer["Content-Length"]) == len(TEXT.encode())


@pytest.mark.django_db
def test_a_page_of_the_program_goes_compressed(client):
    answer = client.get("/login/", **ASKS)
    assert answer["Content-Encoding"] == "gzip"
    assert "<form" in gzip.decompress(answer.content).decode()
