"""Cells that no model was trained on: matched with its genes, corrected, named."""
