"""Numbers with names: the catalogue, and the frame of a snapshot that alerts and history read."""
