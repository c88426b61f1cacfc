"""What keeps a network from being imported."""


class NetProblem(Exception):
    """What is wrong with a network, or with what is asked of it, and what to do."""


class NetUnreadable(NetProblem):
    """There is no such file, or it may not be read: nothing is known of the network."""
