"""What became of the verdicts since an earlier release."""

from dataclasses import asdict

import pandas as pd
import streamlit as st

from components.frame import release_label
from components.verdicts import verdict_badge
from engine import wording
from engine.wording import gettext as _
from store.home import Home
from store.patches import SUSPECTED
from store.reader import ReleaseReader, release, releases


def verdict_changes_since(reader: ReleaseReader) -> None:
    """Let the reader choose an earlier release, and list the suspicions that are new, gone, grown or shrunk."""
    home, area = Home.default(), reader.info.area
    earlier = [name for name in releases(home, area) if name < reader.info.id]
    readable = {name: found for name in earlier if (found := release(home, area, name)) and found.has_register}
    if not readable:
        return
    with st.expander(_("What changed since an earlier release"), icon=":material/difference:"):
        chosen = st.selectbox(
            _("Since"),
            list(readable),
            format_func=lambda name: release_label(name, newest=""),
        )
        _changes(readable[chosen], reader)


def _changes(before: ReleaseReader, after: ReleaseReader) -> None:
    from engine.permits.changes import verdict_changes

    if before.register and after.register and before.register.sha256 != after.register.sha256:
        st.markdown(
            _("The register is another one: {before} before, {after} now.").format(
                before=before.register.name, after=after.register.name
            )
        )
    table = verdict_changes(_table(before), _table(after), breaches=SUSPECTED).table
    if table.empty:
        st.markdown(_("No suspicion is new, gone, or clearly larger or smaller."))
        return
    st.dataframe(
        pd.DataFrame(
            {
                _("patch"): table["patch_id"],
                _("verdict"): [verdict_badge(kind) for kind in table["kind"]],
                _("change"): [wording.verdict_change_name(change) for change in table["change"]],
                _("before, ha"): table["before_m2"] / 1e4,
                _("now, ha"): table["after_m2"] / 1e4,
            }
        ),
        hide_index=True,
        placeholder="",
        column_config={name: st.column_config.NumberColumn(format="%.2f") for name in (_("before, ha"), _("now, ha"))},
    )


def _table(reader: ReleaseReader) -> pd.DataFrame:
    columns = ["patch_id", "kind", "least_m2", "likely_m2", "most_m2"]
    return pd.DataFrame([asdict(verdict) for verdict in reader.verdicts()]).reindex(columns=columns)
