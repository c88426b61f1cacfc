"""The shell around the tick: clock, socket, systemd, daemon."""
