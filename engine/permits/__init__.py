"""Patches held against mining permits."""
