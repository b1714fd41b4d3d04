"""Alert rules over REST: who is told of which incident."""
