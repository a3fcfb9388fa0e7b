"""What all tests share."""

import torch

torch.set_num_threads(1)
torch.set_flush_denormal(True)
