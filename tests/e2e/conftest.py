"""The end-to-end tests run only when asked for (`make e2e`): they need root, systemd-nspawn, debootstrap and minutes."""

import os

collect_ignore_glob = [] if os.environ.get("STOPLINE_E2E") else ["test_*.py"]
