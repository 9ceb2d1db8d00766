"""Who is at the app: the page that asks to sign in, what a person may open, and the way out."""

from collections.abc import Sequence
from typing import Literal

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from components import plain
from engine import wording
from engine.wording import gettext as _
from store.cases import Author
from web.roles import MAY_STEP, MAY_UPLOAD
from web.sign_in import Person, sign_in

# Pages by their address on which files are uploaded.
_UPLOADS = ("permits",)


def is_open() -> bool:
    """Whether the server asks nobody to sign in."""
    return sign_in() is None


def person() -> Person | None:
    """Who has signed in; None when nobody has, or no longer."""
    settings = sign_in()
    return settings.person(st.user.to_dict()) if settings else None


def admitted(pages: Sequence[StreamlitPage]) -> tuple[list[StreamlitPage], Literal["top", "hidden"]]:
    """What whoever is there may open, and where the list of it stands.

    For who may open nothing, every address has the same page, which says so: Streamlit knows no other then.
    """
    if is_open():
        return list(pages), "top"
    someone = person()
    if someone and someone.role:
        may = someone.role in MAY_UPLOAD
        return [page for page in pages if may or page.url_path not in _UPLOADS], "top"
    door = _without_role if someone else _signed_out
    return [
        st.Page(door, title=_("Sign in"), url_path=page.url_path or None, default=not page.url_path) for page in pages
    ], "hidden"


def may(step: str) -> bool:
    """Whether whoever is there may do a step with a case; on an open server everyone may."""
    if is_open():
        return True
    someone = person()
    return someone is not None and someone.role in MAY_STEP[step]


def author(name: str) -> Author | None:
    """Who makes an entry; None when nobody is signed in, or no longer. name : what they call themselves, where the
    server does not know them."""
    if is_open():
        return Author(name)
    someone = person()
    return Author(someone.name, someone.identity, someone.role) if someone and someone.role else None


def badge() -> tuple[str, str, str]:
    """Colour, icon and words for the header: who is there, or that anyone may be."""
    if is_open():
        return "gray", "lock_open", _("open: no sign-in")
    someone = person()
    if someone is None or someone.role is None:  # the sign-in has run out since the page began
        return "gray", "person_off", _("signed out")
    return "green", "person", f"{plain.markdown(someone.name)} · {wording.person_role_name(someone.role)}"


def sign_out_button() -> None:
    """The way out; nothing where nobody signs in."""
    if not is_open():
        st.button(_("Sign out"), icon=":material/logout:", on_click=st.logout, type="tertiary")


def _signed_out() -> None:
    st.title("Pitwatch")
    st.markdown(_("Mines seen from satellites: what is dug, what moves, and what the permits say of it."))
    st.button(_("Sign in"), icon=":material/login:", type="primary", on_click=st.login)


def _without_role() -> None:
    someone = person()
    st.title("Pitwatch")
    if someone:
        name = plain.markdown(someone.name)
        st.info(
            _("You are signed in as {name}, but no role has been given to you. Ask your administrator.").format(
                name=name
            )
        )
    sign_out_button()
