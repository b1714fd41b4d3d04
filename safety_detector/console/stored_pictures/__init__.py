"""Pictures, for pages."""
