// The command line of tenon-run.
#ifndef TENON_RUN_OPTIONS_H
#define TENON_RUN_OPTIONS_H

#include "core/runtime/native/tenon_native.h"

#include <stdbool.h>

typedef struct RunOptions {
  const char *bundle;
  const char **inputs, **outputs; /* [NAME=]FILE */
  size_t inputCount, outputCount;
  const char *probe;                              /* a launcher's path; NULL: a bundle is run */
  const char *outputFolder, *tensorFolder, *json; /* NULL: none */
  unsigned threads;
  unsigned long repeat;
  bool raw, layers, kernels, quiet, help, version;
} RunOptions;

TenonNativeStatus readOptions(int count, char **arguments, RunOptions *options, TenonNativeFailure *failure);
void freeOptions(RunOptions *options);

extern const char usageText[];

#endif
