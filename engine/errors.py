"""What the engine says about bad input: which file, which field, and how to mend it."""

from pathlib import Path


class InputError(Exception):
    """Input that a person can mend.

    Parameters
    ----------
    problem : what is wrong, in one clause.
    file : the file or folder at fault, when there is one.
    field : the key, column, band or pair within it, when there is one.
    mend : what to do about it.
    """

    def __init__(self, problem: str, *, file: Path | str | None = None, field: str | None = None, mend: str) -> None:
        self.problem, self.file, self.field, self.mend = problem, file, field, mend
        where = ": ".join(str(part) for part in (file, field) if part)
        super().__init__(f"{where}: {problem}. Mend: {mend}" if where else f"{problem}. Mend: {mend}")

    def of_file(self, file: Path) -> "InputError":
        """This error, naming `file` where it names none itself: what is wrong with an option is wrong in its file."""
        return self if self.file else InputError(self.problem, file=file, field=self.field, mend=self.mend)

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments do not survive the default pickling that process pools use.
        return _restore, (self.problem, self.file, self.field, self.mend)


def _restore(problem: str, file: Path | str | None, field: str | None, mend: str) -> InputError:
    return InputError(problem, file=file, field=field, mend=mend)
