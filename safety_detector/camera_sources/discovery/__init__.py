"""Finds ONVIF cameras on the local network, and asks them for the addresses of their streams.

Clients of our own: those that there are read answers with parsers that expand entities, believe the
addresses in them, and bring a SOAP framework along for four messages.
"""
