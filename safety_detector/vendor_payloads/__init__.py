"""What vendors' cameras send: events of Hikvision and Dahua, read from bytes.

In come the bytes of a text, or a body in a file; out go events, and what stands beside them.  It
knows no service, no database, no settings and no network, and looks into no picture.
"""
