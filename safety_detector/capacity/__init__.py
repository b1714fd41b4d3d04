"""What cameras cost the machines that look at their pictures, before anything is bought; pure."""
