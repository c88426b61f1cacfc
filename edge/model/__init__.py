"""What things are: frozen values, units, literal tables. No behaviour but arithmetic; imports nothing of ours above it."""
