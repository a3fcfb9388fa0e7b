"""What all tests share."""

import signal

import torch

torch.set_num_threads(1)
# What a shell runs in the background ignores interrupts, and so would the workflows that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
