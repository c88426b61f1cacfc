"""The shell: what opens the devices, steps the tick, writes the lamps and feeds the watchdog."""
