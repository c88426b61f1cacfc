"""What the controller says of itself: `facts` is what the loop publishes, `render` makes JSON of it for whoever asks."""
