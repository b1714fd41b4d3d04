"""Lists of pictures: paths, URLs, labelled sets."""
