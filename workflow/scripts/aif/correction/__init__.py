"""From a trained model and its cells to corrected cells."""
