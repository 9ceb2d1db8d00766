"""Ground motion from a stack of unwrapped interferograms (small baseline subsets, SBAS)."""
