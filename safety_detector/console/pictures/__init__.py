"""Every inspection on pages: the gallery, and how pictures come in through a browser."""
