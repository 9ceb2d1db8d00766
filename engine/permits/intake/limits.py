"""How much a file may ask of the machine that reads it."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """file_bytes : of a file as given. unpacked_bytes, members : of an archive. ratio : of unpacked to packed, counted
    where more than `ratio_from_bytes` come out. records, vertices : of the layers read. memory_bytes : address space
    of the process that reads. seconds : that it may take, by the clock and of the processor.
    """

    file_bytes: int = 512 * MIB
    unpacked_bytes: int = 1024 * MIB
    members: int = 5_000
    ratio: int = 200
    ratio_from_bytes: int = 50 * MIB
    records: int = 200_000
    vertices: int = 5_000_000
    memory_bytes: int = 6 * 1024 * MIB
    seconds: int = 180


LIMITS = Limits()
