"""Everything that is stored: the high-resolution event log, the input journal, the snapshots and the state that must survive.

Nothing here decides anything about the street, and nothing here is waited for by the control loop: what touches a disk
runs in a worker thread. What the files look like byte by byte is told in docs/event-log.md.
"""
