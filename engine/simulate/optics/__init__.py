"""The images of a simulated area."""
