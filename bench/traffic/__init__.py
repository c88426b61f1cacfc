"""Closed-loop benchmark of Stopline beside its peers in SUMO: `make bench-traffic`, docs/traffic.md."""
