"""How good a correction is: metrics, and their medians and ranks over seeds."""
