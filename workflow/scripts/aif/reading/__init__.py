"""Files as people have them, read to counts and columns of cells and genes."""
