"""One picture: what is in it, by the detector and by people."""
