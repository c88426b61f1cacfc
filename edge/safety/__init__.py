"""What is allowed: the monitor in series. Pure, blind to control, programmed by its own card."""
