"""What is said of an area besides what was found: what was assumed, and what is missing."""

from dataclasses import dataclass, field


@dataclass
class Notes:
    """assumed : each with how to check it. missing : what stops the area, or a part of it, from running."""

    assumed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    # What has to be filled in by hand before the area can run.
    to_fill_in: list[str] = field(default_factory=list)

    def extend(self, other: "Notes") -> None:
        self.assumed.extend(other.assumed)
        self.missing.extend(other.missing)
        self.to_fill_in.extend(other.to_fill_in)
