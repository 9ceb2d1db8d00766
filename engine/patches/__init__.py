"""Mine patches: where they come from and what they are."""
