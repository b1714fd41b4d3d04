"""What the program says to people: every message in English and Chinese, side by side.

Errors, waiting pictures, incomplete runs and left-out files carry a ``Reason``, a code and its
facts; the sentence is made where somebody reads it, in their language, from ``catalogue``.

A table in Python and not gettext: there are two languages, one fluent reader checks both at once,
tests compare the facts of both, and nothing has to be extracted, compiled or shipped besides.
"""
