"""The commands of `utenza`: each translates, makes one domain call, and prints what came of it."""
