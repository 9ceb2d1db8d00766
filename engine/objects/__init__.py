"""Image objects: multiresolution segmentation, and which objects are mine patches."""
