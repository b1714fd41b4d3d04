"""``…/correction``: what people say is in a picture."""
