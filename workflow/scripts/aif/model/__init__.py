"""The networks, their losses and their training, up to the file of a trained model."""
