"""Cross-checks of a whole site: `check_text`, `check_file`. What one value cannot say of another is said here."""

from edge.check.whole import Checked, check_file, check_text

__all__ = ["Checked", "check_file", "check_text"]
