"""The test bundle's inputs, and what comes out of it."""

import numpy

SUM = numpy.linspace(-2, 2, 1000, dtype="<f4").reshape(10, 100)
COUNT = numpy.array([0, 1, 0.5, 0.75, 2, -1, 0.6], dtype="<f4")
WEIGHTS = (numpy.arange(1000, dtype="<f4") / 1024).reshape(10, 100)


def expected():
    return numpy.exp((SUM + WEIGHTS).astype("f8")).astype("<f4"), numpy.int8(4)
