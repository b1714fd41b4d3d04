"""Who may what, and who did what: API keys, the audit log."""
