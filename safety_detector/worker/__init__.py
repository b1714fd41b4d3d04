"""The Celery worker.

``safety-detector worker --queue embedded`` runs one.  A message is a wake-up without content: the
task claims what is most urgent, inspects it (or, on the queue ``render``, makes the report) and
records the result; everything else is about leases, faults and outages.
"""
