"""What operators do to inspections over REST: requeue, holds, audit."""
