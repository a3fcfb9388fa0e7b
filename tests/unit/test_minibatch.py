"""A minibatch: what the encoder sees of its cells."""

import torch

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
    before, none = drawn(), drawn(dropout=0.0)
    assert torch.equal(none.seen, X)
    assert torch.equal(before.noise, none.noise)
    assert torch.equal(before.prior, none.prior)


def test_only_the_encoder_misses_what_is_hidden():
    networks = Networks(SHAPE, seed=0)
    whole, holes = (step_losses(networks, drawn(dropout=share), False) for share in (0.0, 0.5))
    assert torch.equal(whole.by_term["class"], holes.by_term["class"])
    torch.testing.assert_close(whole.judgement[:, 0], holes.judgement[:, 0])
    assert not torch.isclose(whole.by_term["kl"], holes.by_term["kl"]).any()
