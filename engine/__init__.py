"""The engine: from satellite data to a published release. See docs/architecture.md for the way of the data."""

__version__ = "0.1.0"
