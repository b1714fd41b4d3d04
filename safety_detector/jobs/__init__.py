"""Jobs: what is to be done, by whom next, and what becomes of it; one mechanism for all kinds.

A kind (``JobKind``) says what is particular about it, the ``JobStore`` keeps its jobs in the one
table, a ``Runner`` has them handled.  Pictures, reports and folders are kinds of the service.
"""
