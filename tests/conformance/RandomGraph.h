// Small graphs with odd shapes: convolutions with strides, dilation, padding and groups, products of matrices
// in every order of their axes, reductions, broadcasts, chains of elementwise operations, views and copies,
// in int8 with requantisation and in f32. A graph is a function of its choices; the simplest is an
// elementwise operation on one element.
#pragma once

#include "tests/conformance/Choices.h"

#include <string>

namespace tenon::test {

/// The module's text, with one function `main`.
std::string randomGraph(Choices &choices);

} // namespace tenon::test
