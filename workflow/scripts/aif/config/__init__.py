"""What users write: its types, their checks, variants, sheets of samples, parameters of simulations."""
