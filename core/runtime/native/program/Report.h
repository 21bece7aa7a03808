// What tenon-run says: a few lines, or JSON.
#ifndef TENON_RUN_REPORT_H
#define TENON_RUN_REPORT_H

#include "Options.h"

typedef struct RunTimes {
  double minimum, median;
  double *launches; /* by launch; NULL: not measured */
} RunTimes;

TenonNativeStatus report(const RunOptions *options, const TenonNative *native, const RunTimes *times,
                         TenonNativeFailure *failure);
void reportFailure(const char *json, const TenonNativeFailure *failure);

/* The description of tensors that were written to files: `schema` is "tenon.outputs/1" or "tenon.tensors/1".
 * The files are PREFIX<number>EXTENSION. */
TenonNativeStatus writeList(const char *path, const char *schema, const char *key, const char *prefix,
                            const char *extension, TenonNativeTensors tensors, TenonNativeFailure *failure);

#endif
