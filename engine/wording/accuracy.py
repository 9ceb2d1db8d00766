"""Names of what an assessment counts: roles of images, kinds of ground."""

from engine.wording.language import gettext as _


def role_name(role: str) -> str:
    """Which images and which ground of them, by what training saw."""
    return {
        "unseen_ground": _("trained epoch, ground not seen in training"),
        "unseen_ground_and_date": _("second epoch, ground not seen in training"),
        "unseen_date": _("second epoch, ground seen in training"),
        "trained": _("what training saw"),
        "elsewhere": _("a model from another place"),
    }.get(role, role)


def ground_name(kind: str) -> str:
    """A kind of ground, or of what looks like a mine."""
    return {
        "plain": _("plain ground"),
        "terrain shadow": _("terrain shadow"),
        "wind farm": _("wind farm"),
        "dark shale": _("dark shale"),
        "marl slope": _("marl slope"),
        "red beds": _("red beds"),
        "clay pan": _("clay pan"),
        "dark fan": _("dark fan"),
        "red scarp": _("red scarp"),
        "graded ground": _("graded ground"),
        "sandstone ledge": _("sandstone ledge"),
        "boulder field": _("boulder field"),
    }.get(kind, kind)
