"""What differs from one release to another."""

from engine.wording.language import gettext as _


def patch_difference_name(code: str) -> str:
    """What of a patch differs."""
    return {
        "new": _("new here"),
        "gone": _("no longer here"),
        "mine_class": _("class"),
        "activity": _("activity"),
        "change": _("change in the images"),
        "verdicts": _("verdicts"),
    }[code]


def made_difference_name(code: str) -> str:
    """What of the way in which a release was made differs."""
    return {
        "step_added": _("step added"),
        "step_removed": _("step removed"),
        "parameter": _("parameter"),
        "version": _("version"),
        "input": _("input"),
    }[code]
