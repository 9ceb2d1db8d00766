"""What the app asks of a release as a whole: the figures, distributions and longest lists of the overview."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

from store.cases import Case, State
from store.patches import BEGAN, SUSPECTED, WITHOUT, PatchFilter, PatchQueries
from store.queries import remembered

# Activities that are work, and those that are motion: digging may leave none, and settling is none.
WORK = ("negative", "positive", "decorrelated")
MOTION = ("negative", "positive", "settlement")


@dataclass(frozen=True)
class Concerned:
    """Patches, and the ground that their verdicts are about, m²; of a patch with several the largest counts."""

    patches: int
    least_m2: float
    likely_m2: float
    most_m2: float


@dataclass(frozen=True)
class Figures:
    """The figures of a release.

    latest : date of the latest image. area_m2, margin_m2 : of the outlines on it, None without outlines by date.
    active : patches at which the radar sees work: motion but for settlement, or coherence lost; moving : with any
    motion; both None without radar, as fastest, mm/yr. new, grown : patches, and m² gained; None where images were not
    compared. certain, doubtful : what speaks against patches; None without a register. tested : held against permits.
    """

    patches: int
    latest: date | None
    area_m2: float | None
    margin_m2: float | None
    active: int | None
    moving: int | None
    fastest: float | None
    new: tuple[int, float] | None
    grown: tuple[int, float] | None
    certain: Concerned | None
    doubtful: Concerned | None
    tested: int


@dataclass(frozen=True)
class CaseFigures:
    """What people have made of a release's suspicions; None without a register.

    confirmed : suspected patches of which the case is. unopened : those without a case. live : cases of the area with
    something left to do, also of patches that the release has not. overdue : of these.
    """

    confirmed: Concerned | None
    unopened: Concerned | None
    live: int
    overdue: int


@dataclass(frozen=True)
class Growth:
    """Area of a class on the first and on the last image, with what its boundaries' error makes of it, m²."""

    mine_class: str
    before_m2: float
    before_margin_m2: float
    after_m2: float
    after_margin_m2: float

    @property
    def gained_m2(self) -> float:
        return self.after_m2 - self.before_m2

    @property
    def margin_m2(self) -> float:
        """Boundaries of one image err together, those of two images do not."""
        return float((self.before_margin_m2**2 + self.after_margin_m2**2) ** 0.5)


@dataclass(frozen=True)
class Onsets:
    """Patches of a class at which motion began, or coherence was lost, in a month (its first day)."""

    month: date
    mine_class: str
    patches: int


@dataclass(frozen=True)
class Extent:
    """Patches of one class, or of one activity, and their area on the latest image with what its boundaries' error
    makes of it, m²; None where areas are not told by date."""

    code: str
    patches: int
    area_m2: float | None
    margin_m2: float | None


@dataclass(frozen=True)
class Cell:
    """A square of the frame, in degrees, with the patches whose middle lies in it, and of them the suspected."""

    west: float
    south: float
    east: float
    north: float
    patches: int
    suspected: int


@dataclass(frozen=True)
class Notable:
    """A patch in one of the short lists. What is not known, or not asked there, is None."""

    patch_id: str
    name: str
    mine_class: str
    area_m2: float
    kind: str | None = None
    certainty: str | None = None
    likely_m2: float | None = None
    days: int | None = None
    turned: date | None = None


class SummaryQueries(PatchQueries):
    """The queries of a release that sum it up."""

    @remembered
    def figures(self) -> Figures:
        """What the release comes to, in one row of numbers."""
        known = self._rows(
            """SELECT (SELECT count(*) FROM radar) > 0 AS radar, (SELECT count(*) FROM image) AS images,
                      (SELECT count(*) FROM extraction) > 0 AS found, (SELECT count(*) FROM permit) > 0 AS register"""
        )[0]
        [counts] = self._rows(
            """SELECT count(*) AS patches,
                      count(*) FILTER (list_contains(?, activity)) AS active,
                      count(*) FILTER (list_contains(?, activity)) AS moving,
                      arg_max(extreme_rate, abs(extreme_rate)) FILTER (list_contains(?, activity)) AS fastest,
                      count(*) FILTER (change = 'new') AS new,
                      coalesce(sum(change_m2) FILTER (change = 'new'), 0.0) AS new_m2,
                      count(*) FILTER (change = 'grown') AS grown,
                      coalesce(sum(change_m2) FILTER (change = 'grown'), 0.0) AS grown_m2,
                      count(*) FILTER (NOT list_has_any(verdicts, ['not_tested:'])) AS tested
               FROM patch LEFT JOIN activity USING (patch_id)""",
            [list(WORK), list(MOTION), list(MOTION)],
        )
        [area] = self._rows(
            """SELECT max(image.date) AS latest, sum(area_m2) AS area, sum(margin_m2) AS margin
               FROM image LEFT JOIN outline USING (date) WHERE date = (SELECT max(date) FROM image)"""
        )
        compared = known["found"] and known["images"] > 1
        return Figures(
            patches=counts["patches"],
            latest=area["latest"],
            area_m2=(area["area"] or 0.0) if known["found"] else None,
            margin_m2=(area["margin"] or 0.0) if known["found"] else None,
            active=counts["active"] if known["radar"] else None,
            moving=counts["moving"] if known["radar"] else None,
            fastest=counts["fastest"] if known["radar"] else None,
            new=(counts["new"], counts["new_m2"]) if compared else None,
            grown=(counts["grown"], counts["grown_m2"]) if compared else None,
            certain=self._concerned("certain") if known["register"] else None,
            doubtful=self._concerned("doubtful") if known["register"] else None,
            tested=counts["tested"] if known["register"] else 0,
        )

    def case_figures(self, cases: Collection[Case], today: date) -> CaseFigures:
        """What has become of the suspicions. cases : of the area."""
        states = {case.patch: str(case.state) for case in cases}
        suspected = PatchFilter(suspected="certain")
        known = self.figures().certain is not None
        confirmed, unopened = (
            self._concerned("certain", replace(suspected, case=case).of_cases(states)) if known else None
            for case in (State.CONFIRMED, WITHOUT)
        )
        live = [case for case in cases if case.is_live]
        return CaseFigures(confirmed, unopened, len(live), sum(case.is_overdue(today) for case in live))

    def _concerned(self, certainty: str, chosen: PatchFilter | None = None) -> Concerned:
        """Patches that are suspected for certain; or those of which all that speaks against them is doubtful."""
        where, parameters = self.condition(chosen or PatchFilter())
        [row] = self._rows(
            f"""WITH worst AS (
                   SELECT patch_id, bool_or(certainty = 'certain') AS certain, max_by(least_m2, likely_m2) AS least,
                          max(likely_m2) AS likely, max_by(most_m2, likely_m2) AS most
                   FROM verdict WHERE list_contains(?, kind) AND (certainty = ? OR ? = 'doubtful')
                        AND patch_id IN (SELECT patch_id FROM patch WHERE {where}) GROUP BY patch_id)
               SELECT count(*) AS patches, coalesce(sum(least), 0.0) AS least_m2,
                      coalesce(sum(likely), 0.0) AS likely_m2, coalesce(sum(most), 0.0) AS most_m2
               FROM worst WHERE certain = (? = 'certain')""",
            [list(SUSPECTED), certainty, certainty, *parameters, certainty],
        )
        return Concerned(**row)

    @remembered
    def growth(self) -> list[Growth]:
        """By class, from the first image to the last; empty where there are not two with outlines."""
        rows = self._rows(
            """WITH days AS (SELECT min(date) AS first, max(date) AS last FROM image)
               SELECT mine_class,
                      coalesce(sum(area_m2) FILTER (date = first), 0.0) AS before_m2,
                      coalesce(sum(margin_m2) FILTER (date = first), 0.0) AS before_margin_m2,
                      coalesce(sum(area_m2) FILTER (date = last), 0.0) AS after_m2,
                      coalesce(sum(margin_m2) FILTER (date = last), 0.0) AS after_margin_m2
               FROM outline, days WHERE first < last GROUP BY mine_class ORDER BY mine_class"""
        )
        return [Growth(**row) for row in rows]

    @remembered
    def onsets(self) -> list[Onsets]:
        """By month and class; of a patch the earlier of the two counts. Empty without radar."""
        rows = self._rows(
            f"""WITH begun AS (
                   SELECT mine_class, {BEGAN} AS day
                   FROM patch LEFT JOIN course USING (patch_id) LEFT JOIN activity USING (patch_id))
               SELECT date_trunc('month', day)::DATE AS month, mine_class, count(*) AS patches
               FROM begun WHERE day IS NOT NULL GROUP BY ALL ORDER BY ALL"""
        )
        return [Onsets(**row) for row in rows]

    @remembered
    def cross_counts(self, column: str) -> dict[tuple[str, str], int]:
        """Patches by class of mine and by "activity" or "change"; what is not known is left out."""
        wanted = {"activity": "activity", "change": "change"}[column]
        rows = self._rows(
            f"""SELECT mine_class, {wanted} AS code, count(*) AS patches
                FROM patch LEFT JOIN activity USING (patch_id) WHERE {wanted} IS NOT NULL GROUP BY ALL ORDER BY ALL"""
        )
        return {(row["mine_class"], row["code"]): row["patches"] for row in rows}

    @remembered
    def extents(self, column: str) -> list[Extent]:
        """By "mine_class" or "activity", the largest area first; what is not known is left out."""
        wanted = {"mine_class": "mine_class", "activity": "activity"}[column]
        rows = self._rows(
            f"""WITH latest AS (SELECT patch_id, area_m2 AS latest_m2, margin_m2 FROM outline
                               WHERE date = (SELECT max(date) FROM image))
                SELECT {wanted} AS code, count(*) AS patches, sum(latest_m2) AS area_m2, sum(margin_m2) AS margin_m2
                FROM patch LEFT JOIN activity USING (patch_id) LEFT JOIN latest USING (patch_id)
                WHERE {wanted} IS NOT NULL GROUP BY ALL ORDER BY area_m2 DESC NULLS LAST, patches DESC, code"""
        )
        return [Extent(**row) for row in rows]

    @remembered
    def suspected_ground(self, chosen: PatchFilter) -> dict[str, float]:
        """By kind of verdict, m²: what speaks for certain against the patches that a filter leaves."""
        where, parameters = self.condition(chosen)
        rows = self._rows(
            f"""SELECT kind, coalesce(sum(likely_m2), 0.0) AS ground FROM verdict
                WHERE list_contains(?, kind) AND certainty = 'certain'
                      AND patch_id IN (SELECT patch_id FROM patch WHERE {where}) GROUP BY kind ORDER BY kind""",
            [list(SUSPECTED), *parameters],
        )
        return {row["kind"]: row["ground"] for row in rows}

    @remembered
    def concentration(self, cells: int) -> list[Cell]:
        """Where patches are. cells : along the longer side of the frame; those without a patch are left out."""
        rows = self._rows(
            """WITH frame AS (SELECT west AS w, south AS s, greatest(east - west, north - south) / ? AS cell
                              FROM release),
                    placed AS (SELECT floor(((west + east) / 2 - w) / cell) AS x,
                                      floor(((south + north) / 2 - s) / cell) AS y,
                                      list_has_any(list_transform(verdicts, one -> split_part(one, ':', 1)), ?)
                                          AS against
                               FROM patch, frame)
               SELECT w + x * cell AS west, s + y * cell AS south, w + (x + 1) * cell AS east,
                      s + (y + 1) * cell AS north, count(*) AS patches, count(*) FILTER (against) AS suspected
               FROM placed, frame GROUP BY ALL ORDER BY ALL""",
            [cells, list(SUSPECTED)],
        )
        return [Cell(**row) for row in rows]

    def longest_after_expiry(self, most: int) -> list[Notable]:
        """Patches with work after their permit's last day, the longest first."""
        return self._notable("kind = 'after_expiry'", "days DESC NULLS LAST, likely_m2 DESC NULLS LAST", most)

    def largest_outside(self, most: int) -> list[Notable]:
        """Patches outside any valid permit, the most ground first."""
        return self._notable("list_contains(['no_permit', 'crosses', 'prohibited_zone'], kind)", "likely_m2 DESC", most)

    def _notable(self, which: str, order: str, most: int) -> list[Notable]:
        rows = self._rows(
            f"""SELECT patch_id, name, mine_class, area_m2, kind, certainty, likely_m2, days, turned
                FROM verdict JOIN patch USING (patch_id) WHERE {which}
                ORDER BY certainty = 'certain' DESC, {order}, patch_id LIMIT ?""",
            [most],
        )
        return [Notable(**row) for row in rows]

    def newest(self, most: int) -> list[Notable]:
        """Patches of which something is dated latest by the radar; where there is none, what is new in the images."""
        rows = self._rows(
            """SELECT patch_id, name, mine_class, area_m2, turned FROM patch
               WHERE turned IS NOT NULL OR change = 'new'
               ORDER BY turned DESC NULLS LAST, area_m2 DESC, patch_id LIMIT ?""",
            [most],
        )
        return [Notable(**row) for row in rows]
