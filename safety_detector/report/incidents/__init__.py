"""Reports about incidents: register, evidence, notices and statistics of what became of them."""
