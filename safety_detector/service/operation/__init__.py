"""How the service stands, and what keeps it going."""
