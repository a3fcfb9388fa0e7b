"""AIF for notebooks: correct, save, load and map in memory, by the same functions as the workflow."""
