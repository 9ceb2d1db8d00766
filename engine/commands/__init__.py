"""Commands that read what was published: permits compared, dossiers, exports."""
