"""The process of the adaptive layer: a client of the controller's socket that may die, hang or be wrong at any time.

`python -m edge.optimiser` and `stopline optimise` are the same. What it says goes through the control socket and is judged in
the controller (`edge.control.advised`); what it learns it keeps itself (`edge.optimiser.learned`).
"""
