// The report of tenon run, as a table and as tenon.run/1.
#pragma once

#include "core/driver/Layers.h"
#include "core/driver/LoadedModel.h"
#include "core/driver/Run.h"

namespace tenon::driver {

struct RunMeasure {
  double compileSeconds = 0; ///< from the model's file to the program
  double seconds = 0;        ///< of one inference
  std::vector<double> stepSeconds;
  size_t inferences = 1;
};

Json runJson(const RunCommand &command, const LoadedModel &loaded, const std::vector<Layer> &layers,
             const RunMeasure &measure);
std::string runText(const RunCommand &command, const LoadedModel &loaded, const std::vector<Layer> &layers,
                    const RunMeasure &measure);

} // namespace tenon::driver
