// JSON by jansson; people get a table.
#include "Report.h"

#include "Arrays.h"

#include <jansson.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static TenonNativeStatus writeJson(const char *path, json_t *json, TenonNativeFailure *failure) {
  char *text = json_dumps(json, JSON_INDENT(2));
  json_decref(json);
  if (!text)
    return failed(failure, TENON_NATIVE_SYSTEM_FAILED, path, "no memory for the report");
  TenonNativeStatus status = TENON_NATIVE_DONE;
  if (strcmp(path, "-") == 0) {
    if (printf("%s\n", text) < 0 || fflush(stdout) != 0)
      status = failed(failure, TENON_NATIVE_SYSTEM_FAILED, "", "standard output cannot be written");
  } else {
    status = writeWhole(path, text, strlen(text), "\n", 1, failure);
  }
  free(text);
  return status;
}

static json_t *describe(const TenonNativeTensor *tensor) {
  json_t *shape = json_array();
  for (size_t i = 0; i < tensor->rank; ++i)
    json_array_append_new(shape, json_integer(tensor->shape[i]));
  return json_pack("{s:s, s:s, s:o}", "name", tensor->name, "type", tensor->type, "shape", shape);
}

TenonNativeStatus writeList(const char *path, const char *schema, const char *key, const char *prefix,
                            const char *extension, TenonNativeTensors tensors, TenonNativeFailure *failure) {
  json_t *list = json_array();
  for (size_t i = 0; i < tensors.count; ++i) {
    char file[64];
    snprintf(file, sizeof file, "%s%zu%s", prefix, i, extension);
    json_t *item = describe(&tensors.items[i]);
    json_object_set_new(item, "file", json_string(file));
    json_array_append_new(list, item);
  }
  return writeJson(path, json_pack("{s:s, s:o}", "schema", schema, key, list), failure);
}

static double layerSeconds(const TenonNative *native, const RunTimes *times, size_t layer) {
  double seconds = 0;
  for (size_t i = 0; i < tenonNativeLaunchCount(native); ++i)
    if (tenonNativeLaunchLayer(native, i) == layer)
      seconds += times->launches[i];
  return seconds;
}

static void printReport(const RunOptions *options, const TenonNative *native, const RunTimes *times) {
  const char *device = tenonNativeDevice(native);
  printf("%s for %s%s%s: %lu run%s, %u thread%s\n", tenonNativeName(native), tenonNativeTarget(native),
         *device ? " on " : "", device, options->repeat, options->repeat == 1 ? "" : "s", options->threads,
         options->threads == 1 ? "" : "s");
  if (options->inputCount == 0 && tenonNativeInputs(native).count > 0)
    printf("no input was given: all are zero\n");
  printf("%.6f s minimum, %.6f s median\n", times->minimum, times->median);
  double all = 0;
  for (size_t i = 0; times->launches && i < tenonNativeLaunchCount(native); ++i)
    all += times->launches[i];
  for (size_t i = 0; options->layers && i < tenonNativeLayerCount(native); ++i) {
    double seconds = layerSeconds(native, times, i);
    printf("%12.6f s %5.1f %%  %s\n", seconds, all > 0 ? 100 * seconds / all : 0,
           tenonNativeLayer(native, i));
  }
  for (size_t i = 0; options->kernels && i < tenonNativeLaunchCount(native); ++i)
    printf("%12.6f s %5.1f %%  %s\n", times->launches[i], all > 0 ? 100 * times->launches[i] / all : 0,
           tenonNativeLaunchKernel(native, i));
}

// Every launch of a bundle that was timed; no list where launches were not asked for.
static json_t *describeLaunches(const RunOptions *options, const TenonNative *native, const RunTimes *times) {
  if (!options->kernels)
    return json_null();
  json_t *launches = json_array();
  for (size_t i = 0; i < tenonNativeLaunchCount(native); ++i)
    json_array_append_new(launches, json_pack("{s:s, s:I, s:f}", "kernel", tenonNativeLaunchKernel(native, i),
                                              "layer", (json_int_t)tenonNativeLaunchLayer(native, i),
                                              "seconds", times->launches[i]));
  return launches;
}

TenonNativeStatus report(const RunOptions *options, const TenonNative *native, const RunTimes *times,
                         TenonNativeFailure *failure) {
  bool toStandardOutput = options->json && strcmp(options->json, "-") == 0;
  if (!options->quiet && !toStandardOutput)
    printReport(options, native, times);
  if (!options->json)
    return TENON_NATIVE_DONE;
  json_t *outputs = json_array(), *layers = json_array();
  for (size_t i = 0; i < tenonNativeOutputs(native).count; ++i)
    json_array_append_new(outputs, describe(&tenonNativeOutputs(native).items[i]));
  for (size_t i = 0; i < tenonNativeLayerCount(native); ++i) {
    json_t *seconds = options->layers ? json_real(layerSeconds(native, times, i)) : json_null();
    json_array_append_new(layers,
                          json_pack("{s:s, s:o}", "name", tenonNativeLayer(native, i), "seconds", seconds));
  }
  const char *device = tenonNativeDevice(native);
  json_t *json = json_pack(
      "{s:s, s:s, s:s, s:s, s:o, s:i, s:i, s:{s:f, s:f}, s:o, s:o, s:o}", "schema", "tenon.native-run/1",
      "bundle", options->bundle, "name", tenonNativeName(native), "target", tenonNativeTarget(native),
      "device", *device ? json_string(device) : json_null(), "threads", (int)options->threads, "repeat",
      (int)options->repeat, "seconds", "minimum", times->minimum, "median", times->median, "outputs", outputs,
      "layers", layers, "launches", describeLaunches(options, native, times));
  if (!json)
    return failed(failure, TENON_NATIVE_SYSTEM_FAILED, "", "the report cannot be made: a name is no UTF-8");
  return writeJson(options->json, json, failure);
}

void reportFailure(const char *json, const TenonNativeFailure *failure) {
  fprintf(stderr, "error: %s%s%s%s%s\n", failure->file, *failure->file ? ": " : "", failure->message,
          *failure->repair ? ": " : "", failure->repair);
  if (!json)
    return;
  json_t *error = json_pack("{s:s, s:o, s:n, s:n, s:n, s:o}", "message", failure->message, "file",
                            *failure->file ? json_string(failure->file) : json_null(), "line", "column",
                            "node", "repair", *failure->repair ? json_string(failure->repair) : json_null());
  json_t *whole = json_pack("{s:s, s:i, s:[o]}", "schema", "tenon.error/1", "exit", (int)failure->status,
                            "errors", error ? error : json_null());
  TenonNativeFailure other;
  if (writeJson(json, whole, &other) != TENON_NATIVE_DONE)
    fprintf(stderr, "error: %s: %s\n", other.file, other.message);
}
