"""The connection of a page, which outlives the moment at which Streamlit looks at its cookie."""

import time
from collections.abc import Iterator

from starlette.types import Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from web.sign_in import Person

_ENDED = 1008  # policy


def until_it_ends(person: Person | None, scope: Scope, receive: Receive, send: Send) -> tuple[Scope, Receive]:
    """A websocket that knows a person for as long as the sign-in is good, and nobody where it is not.

    Streamlit asks no cookie for its age, and a page reruns parts of itself (fragments, callbacks) past the script that
    would: it is therefore hung up on when it says something after the end. The browser connects anew, as nobody.
    """
    if person is None:
        anonymous = _anonymous(scope)
        return anonymous, receive if anonymous["headers"] == scope["headers"] else _running_first(receive)

    async def receive_in_time() -> Message:
        message = await receive()
        if message["type"] == "websocket.receive" and not time.time() < person.until:
            await send({"type": "websocket.close", "code": _ENDED})
            return {"type": "websocket.disconnect", "code": _ENDED}
        return message

    return scope, receive_in_time


def _anonymous(scope: Scope) -> Scope:
    """Without the cookies that say who asks."""
    headers = []
    for key, value in scope["headers"]:
        if key == b"cookie":
            parts = value.decode("latin-1").split(";")
            kept = [part for part in parts if not part.split("=")[0].strip().startswith(USER_COOKIE_NAME)]
            headers.append((key, ";".join(kept).encode("latin-1")))
        else:
            headers.append((key, value))
    return {**scope, "headers": headers}


def _running_first(receive: Receive) -> Receive:
    """As if the page had asked to be run: one that connects anew does not, and would stay as it was until touched."""
    run = BackMsg(rerun_script=ClientState()).SerializeToString()
    asked: Iterator[Message] = iter([{"type": "websocket.receive", "bytes": run}])
    connected = False

    async def receive_after() -> Message:
        nonlocal connected
        message = next(asked, None) if connected else None
        connected = True
        return message or await receive()

    return receive_after
