"""The local control socket: one JSON request per line in, one JSON reply per line out, over a Unix socket.

`protocol` is the two line formats, `peer` who is asking, `server` the daemon's side, `client` everybody else's. Nothing
here knows what a verb does: the daemon hands in a table.
"""
