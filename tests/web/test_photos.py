"""Photos are served as the pictures that were drawn here, to nobody else's pages, and never as they were given."""

import io
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from tests.web.conftest import PHOTO
from web.urls import photo_url


@pytest.mark.parametrize("size", ["thumbnail", "picture"])
def test_a_picture_is_a_jpeg_and_nothing_else(client: TestClient, size: str) -> None:
    answer = client.get(photo_url(1, PHOTO.sha256, size))
    assert answer.status_code == 200
    assert answer.content == getattr(PHOTO, size)
    assert Image.open(io.BytesIO(answer.content)).format == "JPEG"
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"].startswith("private,")
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        photo_url(1, PHOTO.sha256, "original"),
        photo_url(1, PHOTO.sha256, "name"),
        photo_url(2, PHOTO.sha256, "picture"),
        photo_url(1, "0" * 64, "picture"),
        photo_url(1, f"{PHOTO.sha256}'--", "picture"),
        f"/photos/-1/{PHOTO.sha256}/picture.jpg",
        f"/photos/1%20/{PHOTO.sha256}/picture.jpg",
        f"/photos/{'9' * 40}/{PHOTO.sha256}/picture.jpg",
        f"/photos/1/{PHOTO.sha256}/picture.png",
        f"/photos/1/{PHOTO.sha256}",
    ],
)
def test_what_is_not_there_is_not_found(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert PHOTO.original not in answer.content


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_photo_is_only_to_be_read(client: TestClient, method: str) -> None:
    address = photo_url(1, PHOTO.sha256, "picture")
    assert client.request(method, address).status_code == 405
    assert client.get(address).status_code == 200


def test_a_broken_casebook_is_said(client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "casebook.sqlite"
    broken.write_bytes(b"no database" * 100)
    monkeypatch.setenv("PITWATCH_CASEBOOK", f"sqlite:///{broken}")
    answer = client.get(photo_url(1, PHOTO.sha256, "picture"))
    assert (answer.status_code, answer.headers["cache-control"]) == (503, "no-store")
