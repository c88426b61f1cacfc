"""All reachable states of the real engine for small sites, walked one by one: `make explore`."""
