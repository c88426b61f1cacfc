"""The host process of the adaptive layer: a client of the controller's socket, with a deadline of its own."""
