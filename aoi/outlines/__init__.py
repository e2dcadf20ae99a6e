"""The regions' outlines and the class map of an image, taken from its stored mask."""
