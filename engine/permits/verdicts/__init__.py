"""Verdicts of patches against a register of permits (METHOD §7).

A patch is held against the permits that are valid on the date of its outline; what they say otherwise is held against
the days on which work was seen. Every verdict but "inside" and "not tested" is a suspicion until a person confirms it.
"""
