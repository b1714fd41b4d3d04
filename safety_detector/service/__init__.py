"""The transactions: accept, claim, record, return, requeue; cameras, keys, counters.

In come untrusted pictures and worker results, out go inspections.  ``core.Service`` is the way in;
it stands on ``storage``, ``database`` and ``ingest``, and knows neither Celery nor HTTP.
"""
