"""The console: pages that people look at, in their browsers.

It stands above the REST API and beside the command line: the same service calls, the same typed
documents, the same wording.  Pages are made on the server; scripts only spare a reload.
"""
