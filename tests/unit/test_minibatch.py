"""A minibatch: what the encoder sees of its cells."""

from dataclasses import replace

import torch
from torch.nn import functional as F

from aif.model.batch_weights import BatchWeights
from aif.model.cells import Cells
from aif.model.losses import step_losses
from aif.model.minibatch import draw_minibatch
from aif.model.networks import Networks, Shape

SHAPE = Shape(genes=500, batches=2, latent=3, hidden=8, label_hidden=4)
X = 1 + torch.arange(40 * SHAPE.genes, dtype=torch.float32).reshape(40, SHAPE.genes) / 1e4
BATCH = torch.arange(40) % 2


def drawn(**dropout):
    cells = Cells(X, BATCH, torch.zeros(40, 0), SHAPE.batches)
    weights = BatchWeights.of(BATCH, SHAPE.batches, weighted_ce=False)
    generator = torch.Generator().manual_seed(0)
    return draw_minibatch(cells, torch.arange(40), weights, SHAPE.latent, generator, **dropout)


def test_a_share_of_the_genes_is_hidden_and_the_mean_is_kept():
    seen = drawn(dropout=0.3).seen
    hidden = seen == 0
    assert abs(hidden.float().mean() - 0.3) < 0.01
    assert hidden.any(0).all()
    assert hidden.any(1).all()
    torch.testing.assert_close(seen[~hidden], X[~hidden] / 0.7)
    torch.testing.assert_close(seen.mean(), X.mean(), rtol=0.02, atol=0)


def test_without_dropout_all_is_seen_and_no_number_is_drawn_for_it():
    whole = drawn(dropout=0.0)
    assert torch.equal(whole.seen, X)
    generator = torch.Generator().manual_seed(0)
    for draw in (whole.noise, whole.prior):
        assert torch.equal(draw, torch.randn(40, SHAPE.latent, generator=generator))


def test_only_the_encoder_misses_what_is_hidden():
    networks = Networks(SHAPE, seed=0)
    cells = drawn(dropout=0.0)
    holes = replace(cells, seen=drawn(dropout=0.5).seen)
    before, after = (step_losses(networks, own, with_projection=False) for own in (cells, holes))
    assert torch.equal(before.by_term["class"], after.by_term["class"])
    torch.testing.assert_close(before.judgement[:, 0], after.judgement[:, 0])
    assert not torch.isclose(before.by_term["kl"], after.by_term["kl"]).any()
    mean, log_var = networks.encoder(holes.seen[None])
    z = mean + torch.exp(0.5 * log_var) * holes.noise
    label = networks.encoder.batch_logits(X[None]).softmax(-1)
    pairs = torch.stack([label, F.one_hot(BATCH, 2).float()[None]], 1)
    latents = torch.stack([z, holes.prior[None]], 1)
    decoded = networks.decoder(pairs, torch.zeros(1, 2, 40, 0), latents)[:, 0]
    torch.testing.assert_close(after.by_term["rec"], (X - decoded).square().mean((1, 2)))
