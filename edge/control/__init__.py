"""What to do: pure and stepped. Samples → detection → calls → rings → intervals → the image wanted; one ladder down."""
