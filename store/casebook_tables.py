"""The tables of the casebook, on whatever database it lies."""

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from store.photos import MOST_BYTES

LONGEST_NAME = 60  # of a person
LONGEST_FILE = 200  # name of a file

METADATA = MetaData()
CASE = Table(
    "case_file",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("area", String(200), nullable=False),
    Column("patch", String(200), nullable=False),
    Column("state", String(20), nullable=False),
    Column("release", String(100), nullable=False),
    Column("suspicion", Text, nullable=False),  # "kind:certainty", with spaces between them
    Column("assignee", String(LONGEST_NAME), nullable=False),
    Column("due", Date),
    Column("opened_at", DateTime, nullable=False),
    Column("opened_by", String(LONGEST_NAME), nullable=False),
    Column("changed_at", DateTime, nullable=False),
    Column("changed_by", String(LONGEST_NAME), nullable=False),
    Column("version", Integer, nullable=False),
    UniqueConstraint("area", "patch"),
)
TRAIL = Table(
    "trail",
    METADATA,
    Column("case_id", ForeignKey("case_file.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("at", DateTime, nullable=False),
    Column("by", String(LONGEST_NAME), nullable=False),
    Column("identity", Text, nullable=False),
    Column("role", String(40), nullable=False),
    Column("step", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("text", Text, nullable=False),
    Column("assignee", String(LONGEST_NAME), nullable=False),
    Column("due", Date),
)
PHOTO = Table(
    "photo",
    METADATA,
    Column("case_id", Integer, primary_key=True),
    Column("sha256", String(64), primary_key=True),  # of the original: a case has a photo once
    Column("version", Integer, nullable=False),
    Column("place", Integer, nullable=False),  # among those of its entry
    Column("name", String(LONGEST_FILE), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("taken_at", DateTime),
    Column("utc_offset", String(6), nullable=False),
    Column("lon", Float(53)),
    Column("lat", Float(53)),
    Column("direction", Float(53)),
    # Last: SQLite reads a row from its beginning, and stops where nothing more is asked for.
    Column("thumbnail", LargeBinary(MOST_BYTES), nullable=False),
    Column("picture", LargeBinary(MOST_BYTES), nullable=False),
    Column("original", LargeBinary(MOST_BYTES), nullable=False),
    ForeignKeyConstraint(["case_id", "version"], ["trail.case_id", "trail.version"]),
)
