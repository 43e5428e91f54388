"""Customer stories, from the first contact to the last bill, against the real database and the real network."""
