"""What keeps a network from being imported."""


class NetProblem(Exception):
    """What is wrong with a network, or with what is asked of it, and what to do."""
