"""A cabinet without a street: simulated traffic behind the real protocols of the site's devices, in real time."""
