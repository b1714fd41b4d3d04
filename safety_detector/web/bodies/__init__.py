"""Bodies on their way in: counted, bounded, taken apart."""
