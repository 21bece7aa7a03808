// A launcher without a machine: its "module" is the text of the test bundle, which it does not look at, and
// it knows what the test's kernels compute. TEST_LAUNCHER in the environment makes it fail.
#include "core/runtime/native/tenon_launcher.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef TEST_LAUNCHER_VERSION
#define TEST_LAUNCHER_VERSION TENON_LAUNCHER_VERSION
#endif

struct TenonLauncher {
  void *memory[2]; // weights and arena
};

static struct TenonLauncher only;
static char message[256];

static int32_t fail(const char *place, int32_t status) {
  const char *wanted = getenv("TEST_LAUNCHER");
  if (!wanted || strcmp(wanted, place) != 0)
    return TENON_LAUNCHER_DONE;
  snprintf(message, sizeof message, "no luck in %s, some is needed", place);
  return status;
}

static int32_t openIt(const TenonLauncherOpenOptions *options, TenonLauncher **launcher) {
  *launcher = NULL;
  if (options->size != sizeof *options || options->version != TENON_LAUNCHER_VERSION)
    return TENON_LAUNCHER_WRONG_USE;
  int32_t status = fail("open", TENON_LAUNCHER_UNSUPPORTED);
  if (status == TENON_LAUNCHER_DONE)
    *launcher = &only;
  return status;
}

static void closeIt(TenonLauncher *launcher) {
  free(launcher->memory[0]);
  free(launcher->memory[1]);
}

static const char *deviceName(const TenonLauncher *launcher) {
  (void)launcher;
  return "test machine";
}

static int32_t load(TenonLauncher *launcher, const TenonLauncherModule *module) {
  (void)launcher;
  if (module->text[module->bytes] != 0)
    return TENON_LAUNCHER_WRONG_INPUT;
  return fail("load", TENON_LAUNCHER_WRONG_INPUT);
}

static int32_t allocate(TenonLauncher *launcher, uint64_t bytes, uint64_t *address) {
  void **memory = &launcher->memory[launcher->memory[0] != NULL];
  *memory = aligned_alloc(256, (bytes + 255) / 256 * 256);
  *address = (uint64_t)(uintptr_t)*memory;
  return fail("allocate", TENON_LAUNCHER_OUT_OF_MEMORY);
}

static int32_t release(TenonLauncher *launcher, uint64_t address) {
  (void)launcher;
  (void)address;
  return TENON_LAUNCHER_UNSUPPORTED; // nobody asks for it
}

static int32_t copyIn(TenonLauncher *launcher, uint64_t address, const void *data, uint64_t bytes) {
  (void)launcher;
  memcpy((void *)(uintptr_t)address, data, bytes);
  return fail("copyIn", TENON_LAUNCHER_FAILED);
}

static int32_t copyOut(TenonLauncher *launcher, uint64_t address, void *data, uint64_t bytes) {
  (void)launcher;
  memcpy(data, (const void *)(uintptr_t)address, bytes);
  return fail("copyOut", TENON_LAUNCHER_FAILED);
}

static int32_t launch(TenonLauncher *launcher, const TenonLauncherLaunch *what) {
  (void)launcher;
  float *first = (float *)(uintptr_t)what->pointers[0], *second = (float *)(uintptr_t)what->pointers[1];
  if (strcmp(what->kernel, "test_sum") == 0 && what->pointerCount == 4)
    for (uint64_t i = 0; i < what->blocks; ++i)
      ((float *)(uintptr_t)what->pointers[2])[i] = first[i] + second[i];
  else if (strcmp(what->kernel, "test_apply") == 0 && what->pointerCount == 3)
    for (uint64_t i = 0; i < what->blocks; ++i)
      second[i] = (float)exp(first[i]);
  else if (strcmp(what->kernel, "test_count") == 0 && what->pointerCount == 3) {
    *(int8_t *)second = 0;
    for (int i = 0; i < 7; ++i)
      *(int8_t *)second += first[i] > 0.5f;
    if (first[0] == 99)
      *(int32_t *)(uintptr_t)what->pointers[2] = 1;
  } else
    return TENON_LAUNCHER_WRONG_USE;
  return fail("launch", TENON_LAUNCHER_FAILED);
}

static int32_t waitForIt(TenonLauncher *launcher) {
  (void)launcher;
  return fail("wait", TENON_LAUNCHER_FAILED);
}

static const char *lastError(const TenonLauncher *launcher) {
  (void)launcher;
  return message;
}

const TenonLauncherInterface *tenonLauncherInterface(uint32_t callersVersion) {
  static const TenonLauncherInterface table = {sizeof table, TEST_LAUNCHER_VERSION,
                                               openIt,       closeIt,
                                               deviceName,   load,
                                               allocate,     release,
                                               copyIn,       copyOut,
                                               launch,       waitForIt,
                                               lastError};
  (void)callersVersion;
  return &table;
}
