"""Names of codes: of classes, states, changes, layers and units."""

from datetime import date

from engine.wording.language import gettext as _
from engine.wording.numbers import day, hectares, place


def activity_name(activity: str) -> str:
    return {
        "negative": _("moving away"),
        "positive": _("moving towards"),
        "settlement": _("settling"),
        "decorrelated": _("decorrelated"),
        "no_change": _("no change seen"),
        "not_observable": _("not observable"),
    }[activity]


def attention_name(part: str) -> str:
    """What gives a patch points of attention."""
    return {
        "verdict": _("what permits say against it"),
        "ground": _("how much ground that is about"),
        "activity": _("what its ground does, and how sure that is"),
        "rate": _("how fast it moves"),
        "recent": _("how recently that began"),
        "change": _("new or grown in the images"),
    }[part]


def correction_name(name: str) -> str:
    """What was done to the series of the radar."""
    return {
        "inverted": _("inversion"),
        "troposphere": _("delays of the troposphere"),
        "ramps": _("ramps"),
        "height errors": _("errors of the heights"),
        "reference": _("reference"),
    }.get(name, name)


def state_name(state: str) -> str:
    return {
        "no_data": _("no data"),
        "solved": _("solved"),
        "minimum_norm": _("flagged: network falls apart"),
        "dates_missing": _("decorrelated: dates missing"),
        "few_pairs": _("decorrelated: too few pairs"),
        "low_coherence": _("decorrelated: pairs contradict"),
        "water": _("water"),
        "hidden": _("radar shadow or layover"),
    }[state]


def change_name(change: str) -> str:
    return {
        "new": _("new"),
        "gone": _("gone"),
        "grown": _("grown"),
        "shrunk": _("shrunk"),
        "passing": _("came and went"),
        "unchanged": _("unchanged"),
        "undetermined": _("undetermined"),
    }[change]


def change_facts(change: str | None, square_metres: float | None) -> str:
    """The change of a patch in two words, for example "grown by 1.2 ha"; empty where there was one image."""
    if change in ("grown", "shrunk") and square_metres is not None:
        by = _("grown by {area}") if change == "grown" else _("shrunk by {area}")
        return by.format(area=hectares(abs(square_metres)))
    return change_name(change) if change else ""


def class_name(mine_class: str) -> str:
    """A class of mines; an area's own as the area calls it, unless it is one of these in English."""
    return {
        "mine": _("mine"),
        "quarry": _("quarry"),
        "gangue_dump": _("coal gangue dump"),
        "iron_pit": _("iron ore open pit"),
        "clay_pit": _("clay open pit"),
        "sandstone_pit": _("sandstone open pit"),
    }.get(mine_class) or _(mine_class)


def layer_name(name: str) -> str:
    """A layer's name; those of images end in their date."""
    kind, _dash, stamp = name.partition("-")
    if stamp:
        dated = {
            "image": _("Image, {day}"),
            "probability": _("Probability of a mine, {day}"),
            "fate": _("Objects kept and dropped, {day}"),
        }
        return dated[kind].format(day=day(date.fromisoformat(stamp)))
    return {
        "rate": _("Rate, line of sight"),
        "vertical": _("Rate, vertical"),
        "east": _("Rate, east (both orbits)"),
        "up": _("Rate, up (both orbits)"),
        "east_standard_error": _("Standard error of the rate, east"),
        "up_standard_error": _("Standard error of the rate, up"),
        "error": _("Standard error of the rate"),
        "coherence": _("Temporal coherence"),
        "pairs": _("Pairs with phase"),
        "groups": _("Groups of dates"),
        "state": _("Decorrelated or flagged"),
        "terrain": _("Relief"),
        "landcover": _("Land cover"),
    }[name]


def category_name(palette: str, code: str) -> str:
    """A code of a layer of codes: what became of an object ("fate"), or land cover, of which the codes are those of ESA
    WorldCover (Zanaga et al. 2022)."""
    if palette == "fate":
        return {
            "kept": _("kept"),
            "part": _("kept where the model is sure, too little of it in the mask"),
            "low_share": _("dropped: too little of it in the mask"),
            "land_cover": _("dropped: land cover without mines"),
            "small": _("dropped: patch too small"),
            "unlike": _("dropped: looks like no mine"),
        }[code]
    return {
        "10": _("trees"),
        "20": _("shrubs"),
        "30": _("grass"),
        "40": _("cropland"),
        "50": _("built-up"),
        "60": _("bare or sparse"),
        "70": _("snow and ice"),
        "80": _("water"),
        "90": _("wetland"),
        "95": _("mangroves"),
        "100": _("moss and lichen"),
    }.get(code) or _("code {code}").format(code=code)


def unit_name(unit: str) -> str:
    return {"mm/yr": _("mm/yr"), "%": "%", "1": "", "code": ""}[unit]


def reference_name(reference: str) -> str:
    """What rates are relative to: "median", or "longitude, latitude" of a place."""
    if reference == "median":
        return _("the median of the frame")
    lon, lat = (float(part) for part in reference.split(","))
    return place(lon, lat)


def form_name(form: str) -> str:
    """A form in which a selection is exported."""
    return {
        "gpkg": _("GeoPackage"),
        "shapefile": _("Shapefile (zip)"),
        "geojson": _("GeoJSON"),
        "kml": _("KML"),
        "geoparquet": _("GeoParquet"),
        "csv": _("CSV (table, WKT)"),
        "xlsx": _("Excel"),
        "gpx": _("GPX (for GPS receivers)"),
    }[form]
