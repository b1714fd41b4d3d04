"""Who is told of incidents, how, and what they were told."""
