"""Pure values: money, quantity, period, rounding, refusals, and the typed events that stages announce."""
