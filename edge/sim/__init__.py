"""The built-in traffic model and the runners that drive the one tick with it, with a recorded log or with a journal."""
