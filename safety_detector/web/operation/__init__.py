"""How the service does its work: queues, workers, room; and by which settings."""
