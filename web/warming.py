"""What the first visitor would wait for is done while the server has nobody to answer yet."""

import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Thread
from typing import Any

from store.home import Home
from store.reader import areas, current_release


@asynccontextmanager
async def warmed(_app: Any) -> AsyncIterator[None]:
    """The server's life: a thread of its own warms up while it starts to answer."""
    Thread(target=_warm, name="warming", daemon=True).start()
    yield


def _warm() -> None:
    try:
        import plotly.graph_objects as go
        from babel.dates import format_date
        from babel.numbers import format_decimal

        go.Figure([{"type": "bar"}, {"type": "scatter"}], {"shapes": [{"type": "line"}]}).to_json()
        for language in ("en", "zh"):
            format_date(locale=language)
            format_decimal(1.5, locale=language)
        for name in areas(Home.default()):
            if (reader := current_release(Home.default(), name)) is not None:
                reader.patch_count()
                reader.figures()
    except Exception:  # whoever asks first will see what is wrong
        logging.exception("warming up failed")
    # What is there now stays: collecting garbage need not look through it again.
    gc.collect()
    gc.freeze()
