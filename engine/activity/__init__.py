"""What happens at each patch."""
