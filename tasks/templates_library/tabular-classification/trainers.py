"""One generator for each model: yields the model after every iteration, so that its progress can be reported."""

import numpy
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import SGDClassifier
from sklearn.neural_network import MLPClassifier


def train(chosen, x, y):
    return TRAINERS[chosen["model"]](chosen, x, y)


def linear(chosen, x, y):
    model = SGDClassifier(
        loss="log_loss",
        learning_rate="constant",
        eta0=chosen["learningRate"],
        alpha=chosen["regularisation"],
        random_state=chosen["seed"],
    )
    yield from passes(model, chosen, x, y)


def network(chosen, x, y):
    model = MLPClassifier(
        hidden_layer_sizes=tuple(chosen["layers"]),
        learning_rate_init=chosen["learningRate"],
        alpha=chosen["regularisation"],
        random_state=chosen["seed"],
    )
    yield from passes(model, chosen, x, y)


def passes(model, chosen, x, y):
    """Each iteration is one pass over the training set, in an order of its own."""
    shuffle, y = numpy.random.default_rng(chosen["seed"]), numpy.asarray(y)
    for _ in range(chosen["iterations"]):
        order = shuffle.permutation(len(y))
        model.partial_fit(x[order], y[order], classes=numpy.unique(y))
        yield model


def boosting(chosen, x, y):
    """Each iteration adds one tree for each class."""
    model = GradientBoostingClassifier(
        n_estimators=1,
        learning_rate=chosen["learningRate"],
        max_depth=chosen["depth"],
        random_state=chosen["seed"],
        warm_start=True,
    )
    for trees in range(1, chosen["iterations"] + 1):
        model.set_params(n_estimators=trees)
        yield model.fit(x, y)


TRAINERS = {"linear": linear, "neural network": network, "gradient boosting": boosting}
