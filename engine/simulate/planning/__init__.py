"""What lies where in a simulated area, and what becomes of it."""
