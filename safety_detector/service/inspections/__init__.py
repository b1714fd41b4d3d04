"""Pictures from their arrival to their results."""
