"""Study areas with known truth: images, radar, land cover and permits of a place that does not exist."""
