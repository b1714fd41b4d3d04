"""Connections: their requests' heads, TLS, proxies."""
