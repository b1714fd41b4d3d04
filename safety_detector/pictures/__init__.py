"""Pictures as pixels: headers, decoders, upright arrays, and whether anything can be seen."""
