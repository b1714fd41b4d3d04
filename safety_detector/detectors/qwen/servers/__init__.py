"""Several model servers as if they were one: who is sound, who has room, who is asked."""
