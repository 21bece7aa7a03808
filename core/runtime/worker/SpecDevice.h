// The machine made from a description (core/spec) behind the interface that plugins have.
#pragma once

#include "core/runtime/tenon_device.h"

namespace tenon::runtime {

const TenonDeviceInterface *specDevice();

} // namespace tenon::runtime
