"""Evidence: the dossier of one patch, and selections of patches in the formats of others."""
