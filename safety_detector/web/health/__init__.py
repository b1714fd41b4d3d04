"""Whether the service is well: probes and metrics."""
