"""From files to the cells that a training sees: fetched, read, joined, simulated, checked, preprocessed."""
