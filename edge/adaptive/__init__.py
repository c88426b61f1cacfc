"""The adaptive layer, pure: estimate → predict → optimise → advice. It knows the controller only by values of `edge.model`."""
