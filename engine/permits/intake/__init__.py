"""Cadastre files of whatever form, opened in a process of their own that can do little harm."""
