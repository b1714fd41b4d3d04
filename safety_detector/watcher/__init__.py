"""The role ``watch``: fetches cameras' pictures and hands them to the service.

In come claims of cameras, out go their frames.  Several such processes share the cameras; each
camera is held by one of them at a time.
"""
