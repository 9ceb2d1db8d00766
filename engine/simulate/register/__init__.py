"""The permits of a simulated area, and what is true of each patch against them."""
