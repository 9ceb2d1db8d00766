"""The figures that the paper printed (Remote Sensing 2023, 15(16), 4062), which stand beside those of an assessment."""

# Table 2: of pixels drawn at random.
PIXELS = {
    "users_accuracy": 0.669,
    "producers_accuracy": 0.797,
    "f1": 0.727,
    "kappa": 0.723,
    "overall": 0.9912,
}
# Section 3.1 and Figure 6.
IDENTIFIED, PATCHES = 228, 238
MEAN_SIMILARITY, ALIKE = 0.78, 0.5922
SIMILARITY = {
    "coal gangue dump": 0.81,
    "iron ore open pit": 0.80,
    "clay open pit": 0.78,
    "sandstone open pit": 0.76,
}
