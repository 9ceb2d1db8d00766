"""The interferograms of a simulated area."""
