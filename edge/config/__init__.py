"""The site file: YAML to frozen values, every problem at once with its line. Knows the format, not the street."""
