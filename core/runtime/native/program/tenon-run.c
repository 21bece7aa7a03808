// tenon-run: the native runtime and a command line. Neither LLVM nor any other library of Tenon's is in it.
#include "Arrays.h"
#include "Options.h"
#include "Report.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Everything that one invocation has.
typedef struct Session {
  RunOptions options;
  TenonNative *native;
  void **inputs, **outputs;
  RunTimes times;
  TenonNativeFailure failure;
} Session;

// Folders of launchers: the variable's, then ../lib of this program.
static void pluginFolders(char *text, size_t bytes) {
  char program[2048];
  const char *variable = getenv("TENON_PLUGIN_PATH");
  ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
  program[length > 0 ? length : 0] = 0;
  const char *bin = dirname(program);
  snprintf(text, bytes, "%s%s%s/../lib", variable ? variable : "", variable && *variable ? ":" : "", bin);
}

static void freeTensors(void **tensors, size_t count) {
  for (size_t i = 0; tensors && i < count; ++i)
    free(tensors[i]);
  free(tensors);
}

static void **allocateTensors(TenonNativeTensors tensors) {
  void **made = calloc(tensors.count + 1, sizeof *made);
  for (size_t i = 0; made && i < tensors.count; ++i) {
    made[i] = calloc(1, tensors.items[i].bytes + 1);
    if (!made[i]) {
      freeTensors(made, i);
      return NULL;
    }
  }
  return made;
}

// The tensor that "[NAME=]FILE" names, or the one at its position; `file` is what is left.
static TenonNativeStatus choose(TenonNativeTensors tensors, const char *argument, size_t position,
                                const char *kind, size_t *number, const char **file,
                                TenonNativeFailure *failure) {
  const char *sign = strrchr(argument, '=');
  for (size_t i = 0; sign && i < tensors.count; ++i) {
    size_t length = (size_t)(sign - argument);
    if (strlen(tensors.items[i].name) == length && strncmp(tensors.items[i].name, argument, length) == 0) {
      *number = i;
      *file = sign + 1;
      return TENON_NATIVE_DONE;
    }
  }
  *number = position;
  *file = argument;
  if (position < tensors.count)
    return TENON_NATIVE_DONE;
  return failed(failure, TENON_NATIVE_WRONG_USE, "", "%s '%s' is number %zu, the model has %zu", kind,
                argument, position + 1, tensors.count);
}

static TenonNativeStatus readInputs(Session *session) {
  TenonNativeTensors tensors = tenonNativeInputs(session->native);
  const RunOptions *options = &session->options;
  if (options->inputCount != 0 && options->inputCount != tensors.count)
    return failed(&session->failure, TENON_NATIVE_WRONG_USE, "", "%zu inputs are given, the model has %zu",
                  options->inputCount, tensors.count);
  bool *given = calloc(tensors.count + 1, sizeof *given);
  TenonNativeStatus status = TENON_NATIVE_DONE;
  for (size_t i = 0; given && i < options->inputCount && status == TENON_NATIVE_DONE; ++i) {
    size_t number = 0;
    const char *file = "";
    status = choose(tensors, options->inputs[i], i, "input", &number, &file, &session->failure);
    if (status == TENON_NATIVE_DONE && given[number])
      status = failed(&session->failure, TENON_NATIVE_WRONG_USE, "", "input '%s' is given twice",
                      tensors.items[number].name);
    if (status == TENON_NATIVE_DONE) {
      given[number] = true;
      status = readArray(file, &tensors.items[number], session->inputs[number], &session->failure);
    }
  }
  free(given);
  return status;
}

static TenonNativeStatus prepareFolder(const char *folder, TenonNativeFailure *failure) {
  if (folder && mkdir(folder, 0777) != 0 && errno != EEXIST)
    return failed(failure, TENON_NATIVE_SYSTEM_FAILED, folder, "cannot be made: %s", strerror(errno));
  return TENON_NATIVE_DONE;
}

// Wrong use is said before anything runs or is written.
static TenonNativeStatus checkOutputs(Session *session) {
  const RunOptions *options = &session->options;
  TenonNativeStatus status = TENON_NATIVE_DONE;
  for (size_t i = 0; i < options->outputCount && status == TENON_NATIVE_DONE; ++i) {
    size_t number = 0;
    const char *file = "";
    status = choose(tenonNativeOutputs(session->native), options->outputs[i], i, "output", &number, &file,
                    &session->failure);
  }
  return status;
}

static TenonNativeStatus writeOutputs(Session *session) {
  const RunOptions *options = &session->options;
  TenonNativeTensors tensors = tenonNativeOutputs(session->native);
  const char *extension = options->raw ? ".bin" : ".npy";
  TenonNativeStatus status = TENON_NATIVE_DONE;
  char path[4096];
  for (size_t i = 0; i < options->outputCount && status == TENON_NATIVE_DONE; ++i) {
    size_t number = 0;
    const char *file = "";
    status = choose(tensors, options->outputs[i], i, "output", &number, &file, &session->failure);
    if (status == TENON_NATIVE_DONE)
      status = writeArray(file, &tensors.items[number], session->outputs[number], &session->failure);
  }
  if (!options->outputFolder)
    return status;
  for (size_t i = 0; i < tensors.count && status == TENON_NATIVE_DONE; ++i) {
    snprintf(path, sizeof path, "%s/output_%zu%s", options->outputFolder, i, extension);
    status = writeArray(path, &tensors.items[i], session->outputs[i], &session->failure);
  }
  snprintf(path, sizeof path, "%s/outputs.json", options->outputFolder);
  if (status == TENON_NATIVE_DONE)
    status = writeList(path, "tenon.outputs/1", "outputs", "output_", extension, tensors, &session->failure);
  return status;
}

static TenonNativeStatus dumpTensor(void *context, size_t number, const TenonNativeTensor *tensor,
                                    const void *data, TenonNativeFailure *failure) {
  const RunOptions *options = context;
  char path[4096];
  snprintf(path, sizeof path, "%s/t%zu%s", options->tensorFolder, number, options->raw ? ".bin" : ".npy");
  return writeArray(path, tensor, data, failure);
}

// The run that looks inside.
static TenonNativeStatus runWatched(Session *session) {
  const RunOptions *options = &session->options;
  bool timed = options->layers || options->kernels;
  if (!options->tensorFolder && !timed)
    return TENON_NATIVE_DONE;
  if (timed) {
    session->times.launches =
        calloc(tenonNativeLaunchCount(session->native) + 1, sizeof *session->times.launches);
    if (!session->times.launches)
      return failed(&session->failure, TENON_NATIVE_SYSTEM_FAILED, "", "no memory");
  }
  TenonNativeWatch watch = {(void *)options, options->tensorFolder ? dumpTensor : NULL,
                            session->times.launches};
  TenonNativeStatus status = tenonNativeRunWatched(session->native, (const void *const *)session->inputs,
                                                   session->outputs, &watch, &session->failure);
  if (status != TENON_NATIVE_DONE || !options->tensorFolder)
    return status;
  char path[4096];
  snprintf(path, sizeof path, "%s/tensors.json", options->tensorFolder);
  return writeList(path, "tenon.tensors/1", "tensors", "t", options->raw ? ".bin" : ".npy",
                   tenonNativeNamedTensors(session->native), &session->failure);
}

static int compareSeconds(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static TenonNativeStatus runAll(Session *session) {
  unsigned long repeat = session->options.repeat;
  double *seconds = calloc(repeat, sizeof *seconds);
  if (!seconds)
    return failed(&session->failure, TENON_NATIVE_SYSTEM_FAILED, "", "no memory for %lu times", repeat);
  TenonNativeStatus status = TENON_NATIVE_DONE;
  for (unsigned long i = 0; i < repeat && status == TENON_NATIVE_DONE; ++i)
    status = tenonNativeRun(session->native, (const void *const *)session->inputs, session->outputs,
                            &seconds[i], &session->failure);
  qsort(seconds, repeat, sizeof *seconds, compareSeconds);
  session->times.minimum = seconds[0];
  session->times.median =
      repeat % 2 ? seconds[repeat / 2] : (seconds[repeat / 2 - 1] + seconds[repeat / 2]) / 2;
  free(seconds);
  return status;
}

static TenonNativeStatus run(Session *session) {
  const RunOptions *options = &session->options;
  char folders[4096];
  pluginFolders(folders, sizeof folders);
  TenonNativeOptions how = {options->threads, folders};
  TenonNativeStatus status = tenonNativeOpen(options->bundle, &how, &session->native, &session->failure);
  if (status != TENON_NATIVE_DONE)
    return status;
  session->inputs = allocateTensors(tenonNativeInputs(session->native));
  session->outputs = allocateTensors(tenonNativeOutputs(session->native));
  if (!session->inputs || !session->outputs)
    return failed(&session->failure, TENON_NATIVE_SYSTEM_FAILED, "", "no memory for inputs and outputs");
  TenonNativeStatus (*const steps[])(Session *) = {checkOutputs, readInputs, runAll, runWatched,
                                                   writeOutputs};
  status = prepareFolder(options->outputFolder, &session->failure);
  if (status == TENON_NATIVE_DONE)
    status = prepareFolder(options->tensorFolder, &session->failure);
  for (size_t i = 0; i < sizeof steps / sizeof *steps && status == TENON_NATIVE_DONE; ++i)
    status = steps[i](session);
  return status == TENON_NATIVE_DONE ? report(options, session->native, &session->times, &session->failure)
                                     : status;
}

static TenonNativeStatus probe(Session *session) {
  char name[256];
  TenonNativeStatus status = tenonNativeProbe(session->options.probe, name, sizeof name, &session->failure);
  if (status == TENON_NATIVE_DONE && (printf("%s\n", name) < 0 || fflush(stdout) != 0))
    return failed(&session->failure, TENON_NATIVE_SYSTEM_FAILED, "", "standard output cannot be written");
  return status;
}

int main(int count, char **arguments) {
  static Session session;
  TenonNativeStatus status = readOptions(count, arguments, &session.options, &session.failure);
  if (status == TENON_NATIVE_DONE && session.options.help)
    fputs(usageText, stdout);
  else if (status == TENON_NATIVE_DONE && session.options.version)
    puts("tenon-run " TENON_VERSION);
  else if (status == TENON_NATIVE_DONE)
    status = session.options.probe ? probe(&session) : run(&session);
  if (status != TENON_NATIVE_DONE)
    reportFailure(session.options.json, &session.failure);
  if (session.native) {
    freeTensors(session.inputs, tenonNativeInputs(session.native).count);
    freeTensors(session.outputs, tenonNativeOutputs(session.native).count);
  }
  free(session.times.launches);
  tenonNativeClose(session.native);
  freeOptions(&session.options);
  return (int)status;
}
