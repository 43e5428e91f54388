"""What speaks to network elements, one connector a kind."""
