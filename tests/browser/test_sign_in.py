"""Signing in with a provider, in earnest: what each person sees and may fetch, and that nobody else does."""

import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from store.home import Home
from store.reader import current_release
from tests.browser.conftest import ROOT, StartServer
from tests.browser.driving import no_failure
from tests.browser.provider import Provider
from web.roles import MAY_UPLOAD, ROLES
from web.urls import ABOUT, PAGES, tile_template, vector_url

TITLES = {"map": "Map", "patch": "Patch", "compare": "Compare", "cases": "Cases", "permits": "Permits"} | {
    "overview": "Overview",
    "quality": "Quality",
    "sources": "Sources",
}
UPLOAD = "/_stcore/upload_file/session/file"


def routes(home: Home) -> list[str]:
    release = current_release(home, "metropolitan")
    assert release is not None
    tile = tile_template("metropolitan", release.info.id, "rate").format(z=0, x=0, y=0)
    return [tile, vector_url("metropolitan", release.info.id, "patches"), ABOUT, "/vendor/icon.png", "/_stcore/metrics"]


def statuses(page: Page, address: str, home: Home) -> set[int]:
    return {page.request.get(f"{address}{route}").status for route in routes(home)}


def sign_in(page: Page, address: str, who: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=who).click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def shown_pages(page: Page) -> list[str]:
    expect(page.get_by_test_id("stTopNavLink").first).to_be_visible()
    return [link.rsplit("\n", 1)[-1] for link in page.get_by_test_id("stTopNavLink").all_inner_texts()]


def test_a_visitor_sees_the_button_alone(page: Page, published: Home, asking: str, start_server: StartServer) -> None:
    """At every deep link of a server that has served nothing before; nor is anything else sent."""
    sent: list[bytes] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: sent.append(bytes(frame))))
    address = start_server(published, asking)
    for path in sorted(("", *PAGES), key="permits".__ne__):  # that one first
        page.goto(f"{address}/{path}", wait_until="commit")
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        expect(page.get_by_role("heading")).to_have_text(["Pitwatch"])
        expect(page.get_by_test_id("stTopNavLink")).to_have_count(0)
        expect(page.get_by_text("Page not found")).to_have_count(0)
        expect(page.get_by_text("Metropolitan")).to_have_count(0)
    no_failure(page)
    assert any(b"Sign in" in frame for frame in sent)
    assert not any(secret in frame for frame in sent for secret in (b"etropolitan", b"pages/", b"Overview"))
    assert statuses(page, address, published) == {401}
    assert page.request.put(f"{address}{UPLOAD}").status == 401


@pytest.mark.parametrize("role", ROLES)
def test_each_role_has_its_pages(page: Page, published: Home, asking_server: str, role: str) -> None:
    may = role in MAY_UPLOAD
    sign_in(page, f"{asking_server}/overview?area=metropolitan&lang=zh", role)
    assert urlsplit(page.url).path == "/overview"  # to where they came for
    page.goto(asking_server)
    assert shown_pages(page) == [title for name, title in TITLES.items() if may or name != "permits"]
    expect(page.get_by_text(f"One {role} · {role}")).to_be_visible()
    expect(page.get_by_text("open: no sign-in")).to_have_count(0)
    assert statuses(page, asking_server, published) == {200}
    # Everyone may add photos to a case; what a file becomes is up to the page that asks for it.
    assert page.request.put(f"{asking_server}{UPLOAD}").text() != "Your role does not upload."
    if role == "inspector":  # the map has tiles, outlines and a library, all of which ask for the cookie
        page.locator(".map[data-drawn]").wait_for()
    page.goto(f"{asking_server}/permits", wait_until="commit")
    expect(page.get_by_text("Permits of this area" if may else "Page not found").first).to_be_visible()
    expect(page.get_by_text("Permits of this area")).to_have_count(1 if may else 0)
    no_failure(page)


def test_without_a_role_there_is_only_the_way_out(
    page: Page, published: Home, asking_server: str, provider: Provider
) -> None:
    sign_in(page, asking_server, "stranger")
    told = "You are signed in as *Some* <b>one</b>, but no role has been given to you. Ask your administrator."
    for path in ("", "permits"):
        if path:
            page.goto(f"{asking_server}/{path}")
        expect(page.get_by_text(told)).to_be_visible()
        expect(page.get_by_test_id("stTopNavLink")).to_have_count(0)
        expect(page.get_by_text("Metropolitan")).to_have_count(0)
    assert statuses(page, asking_server, published) == {403}
    before = provider.signed_out
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert provider.signed_out == before + 1
    assert statuses(page, asking_server, published) == {401}


def test_a_sign_in_ends(page: Page, published: Home, asking_server: str, provider: Provider) -> None:
    """Also on a page that stands open."""
    began = time.time()
    page.goto(asking_server)
    page.get_by_role("button", name="Sign in").click()
    link = page.get_by_role("link", name="late")
    expect(link).to_be_visible()
    until = time.time() + max(6, 4 * (time.time() - began))  # however slow the machine is
    provider.people["late"]["iat"] = until - 12 * 3600
    link.click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    language = page.get_by_role("combobox", name="Language")
    expect(language).to_be_visible()
    page.wait_for_timeout(max(0, until - time.time()) * 1000 + 200)
    assert statuses(page, asking_server, published) == {401}
    language.click()
    page.get_by_role("option", name="中文").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(page.get_by_test_id("stTopNavLink")).to_have_count(0)
    no_failure(page)


def test_with_settings_that_are_wrong_no_server_starts(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.toml"
    secrets.write_text('[auth]\nredirect_uri = "http://localhost/oauth2callback"\n')
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port=0", f"--secrets.files={secrets}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert f"Pitwatch does not start. {secrets}: [auth] cookie_secret is missing" in done.stderr
    assert "Traceback" not in done.stderr
