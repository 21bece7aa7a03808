// Launches on a machine behind a launcher plugin: its weights and its arena are one range of its memory each.
#include "core/runtime/native/Internal.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct TenonMachine {
  const TenonLauncherInterface *table;
  TenonLauncher *launcher;
  char name[256];
  uint64_t weights, arena;
  uint64_t pointers[256]; // of one launch
};

// A launcher's refusal as a failure.
static TenonNativeStatus refused(const TenonMachine *machine, const char *what, int32_t code,
                                 TenonNativeFailure *failure) {
  static const TenonNativeStatus statuses[] = {TENON_NATIVE_DONE,      TENON_NATIVE_DEVICE_FAILED,
                                               TENON_NATIVE_WRONG_USE, TENON_NATIVE_SYSTEM_FAILED,
                                               TENON_NATIVE_CANNOT,    TENON_NATIVE_WRONG_INPUT};
  TenonNativeStatus status = code > 0 && code < (int32_t)(sizeof statuses / sizeof *statuses)
                                 ? statuses[code]
                                 : TENON_NATIVE_DEVICE_FAILED;
  return tenonFail(failure, status, "", "%s: %s", what, machine->table->lastError(machine->launcher));
}

// The plugin's path: in the bundle, then in each of the folders. The places that were looked at go into
// `looked`.
static int findPlugin(const char *bundle, const char *folders, const char *name, char *path, size_t pathBytes,
                      char *looked, size_t lookedBytes) {
  const char *rest = folders ? folders : "";
  const char *folder = bundle;
  size_t length = strlen(bundle);
  *looked = 0;
  for (;;) {
    if (length > 0) {
      snprintf(path, pathBytes, "%.*s/%s", (int)length, folder, name);
      if (access(path, R_OK) == 0)
        return 1;
      size_t used = strlen(looked);
      snprintf(looked + used, lookedBytes - used, "%s%.*s", used ? ", " : "", (int)length, folder);
    }
    if (!*rest)
      return 0;
    folder = rest;
    length = strcspn(rest, ":");
    rest += length + (rest[length] == ':');
  }
}

static TenonNativeStatus loadPlugin(TenonMachine *machine, const char *path, TenonNativeFailure *failure) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return tenonFail(failure, TENON_NATIVE_DEVICE_FAILED, path, "the launcher cannot be loaded: %s",
                     dlerror());
  const TenonLauncherInterface *(*interface)(uint32_t);
  *(void **)&interface = dlsym(library, TENON_LAUNCHER_SYMBOL);
  if (!interface)
    return tenonFail(failure, TENON_NATIVE_DEVICE_FAILED, path, "exports no %s, so it is no launcher",
                     TENON_LAUNCHER_SYMBOL);
  machine->table = interface(TENON_LAUNCHER_VERSION);
  if (!machine->table)
    return tenonFail(failure, TENON_NATIVE_DEVICE_FAILED, path,
                     "does not serve version %u of tenon_launcher.h", TENON_LAUNCHER_VERSION);
  if (machine->table->version != TENON_LAUNCHER_VERSION || machine->table->size < sizeof *machine->table)
    return tenonFail(failure, TENON_NATIVE_DEVICE_FAILED, path,
                     "has version %u of tenon_launcher.h in %u bytes, this program version %u in %zu",
                     machine->table->version, machine->table->size, TENON_LAUNCHER_VERSION,
                     sizeof *machine->table);
  return TENON_NATIVE_DONE;
}

static TenonNativeStatus place(TenonMachine *machine, const char *what, uint64_t bytes, uint64_t *address,
                               TenonNativeFailure *failure) {
  int32_t code = machine->table->allocate(machine->launcher, bytes ? bytes : 1, address);
  char message[128];
  snprintf(message, sizeof message, "no memory for the %llu bytes of the %s", (unsigned long long)bytes,
           what);
  return code ? refused(machine, message, code, failure) : TENON_NATIVE_DONE;
}

static TenonNativeStatus openMachine(TenonMachine *machine, TenonNativeFailure *failure) {
  TenonLauncherOpenOptions options = {sizeof options, TENON_LAUNCHER_VERSION, NULL, 0};
  int32_t result = machine->table->open(&options, &machine->launcher);
  if (result)
    return refused(machine, "the machine cannot be opened", result, failure);
  snprintf(machine->name, sizeof machine->name, "%s", machine->table->deviceName(machine->launcher));
  return TENON_NATIVE_DONE;
}

TenonNativeStatus tenonNativeProbe(const char *launcher, char *name, size_t nameBytes,
                                   TenonNativeFailure *failure) {
  TenonMachine *machine = calloc(1, sizeof *machine);
  if (!machine)
    return tenonFail(failure, TENON_NATIVE_SYSTEM_FAILED, "", "no memory");
  TenonNativeStatus status = loadPlugin(machine, launcher, failure);
  if (status == TENON_NATIVE_DONE)
    status = openMachine(machine, failure);
  if (status == TENON_NATIVE_DONE)
    snprintf(name, nameBytes, "%s", machine->name);
  tenonMachineClose(machine);
  return status;
}

static TenonNativeStatus prepare(TenonMachine *machine, const TenonManifest *manifest,
                                 const TenonMapping *code, const TenonMapping *weights,
                                 TenonNativeFailure *failure) {
  TenonNativeStatus status = openMachine(machine, failure);
  if (status != TENON_NATIVE_DONE)
    return status;
  char *text = malloc(code->bytes + 1);
  if (!text)
    return tenonFail(failure, TENON_NATIVE_SYSTEM_FAILED, "", "no memory for %llu bytes",
                     (unsigned long long)code->bytes);
  memcpy(text, code->data, code->bytes);
  text[code->bytes] = 0;
  TenonLauncherModule module = {sizeof module, TENON_LAUNCHER_VERSION, text,
                                code->bytes,   manifest->triple,       manifest->processor};
  int32_t result = machine->table->load(machine->launcher, &module);
  free(text);
  if (result)
    return refused(machine, "the machine refuses the model's code", result, failure);
  status = place(machine, "weights", weights->bytes, &machine->weights, failure);
  if (status == TENON_NATIVE_DONE)
    status = place(machine, "arena", manifest->arenaBytes, &machine->arena, failure);
  if (status != TENON_NATIVE_DONE || weights->bytes == 0)
    return status;
  result = machine->table->copyIn(machine->launcher, machine->weights, weights->data, weights->bytes);
  return result ? refused(machine, "the weights cannot be copied to the machine", result, failure)
                : TENON_NATIVE_DONE;
}

TenonNativeStatus tenonMachineOpen(const char *folder, const char *pluginFolders,
                                   const TenonManifest *manifest, const TenonMapping *code,
                                   const TenonMapping *weights, TenonMachine **opened,
                                   TenonNativeFailure *failure) {
  char path[1024], looked[1024];
  if (strchr(manifest->device, '/'))
    return tenonFail(failure, TENON_NATIVE_WRONG_INPUT, folder,
                     "the manifest's device is '%s', a file's name is needed", manifest->device);
  if (!findPlugin(folder, pluginFolders, manifest->device, path, sizeof path, looked, sizeof looked))
    return tenonFail(failure, TENON_NATIVE_CANNOT, folder,
                     "the bundle needs the launcher %s, which is in none of %s", manifest->device, looked);
  TenonMachine *machine = calloc(1, sizeof *machine);
  if (!machine)
    return tenonFail(failure, TENON_NATIVE_SYSTEM_FAILED, "", "no memory");
  TenonNativeStatus status = loadPlugin(machine, path, failure);
  if (status == TENON_NATIVE_DONE && machine->table)
    status = prepare(machine, manifest, code, weights, failure);
  if (status == TENON_NATIVE_DONE)
    *opened = machine;
  else
    tenonMachineClose(machine);
  return status;
}

void tenonMachineClose(TenonMachine *machine) {
  if (!machine)
    return;
  if (machine->launcher)
    machine->table->close(machine->launcher);
  free(machine); // the library stays: its threads may still be about
}

const char *tenonMachineName(const TenonMachine *machine) { return machine->name; }

TenonNativeStatus tenonMachineCopyIn(TenonMachine *machine, uint64_t offset, const void *data, uint64_t bytes,
                                     TenonNativeFailure *failure) {
  int32_t code = machine->table->copyIn(machine->launcher, machine->arena + offset, data, bytes);
  return code ? refused(machine, "a copy to the machine failed", code, failure) : TENON_NATIVE_DONE;
}

TenonNativeStatus tenonMachineCopyOut(TenonMachine *machine, uint64_t offset, void *data, uint64_t bytes,
                                      TenonNativeFailure *failure) {
  int32_t code = machine->table->copyOut(machine->launcher, machine->arena + offset, data, bytes);
  return code ? refused(machine, "a copy from the machine failed", code, failure) : TENON_NATIVE_DONE;
}

TenonNativeStatus tenonMachineLaunch(TenonMachine *machine, const TenonLaunch *launch,
                                     TenonNativeFailure *failure) {
  size_t most = sizeof machine->pointers / sizeof *machine->pointers - 1;
  if (launch->argumentCount > most)
    return tenonFail(failure, TENON_NATIVE_WRONG_INPUT, "",
                     "the kernel %s has %zu arguments, the most is %zu", launch->kernel,
                     launch->argumentCount, most);
  if (launch->items == 0)
    return TENON_NATIVE_DONE;
  for (size_t i = 0; i < launch->argumentCount; ++i)
    machine->pointers[i] = (launch->isWeights[i] ? machine->weights : machine->arena) + launch->offsets[i];
  machine->pointers[launch->argumentCount] = machine->arena; // the status
  TenonLauncherLaunch call = {sizeof call,       TENON_LAUNCHER_VERSION,   launch->kernel,
                              launch->items,     launch->threadsPerBlock,  launch->sharedBytes,
                              machine->pointers, launch->argumentCount + 1};
  int32_t code = machine->table->launch(machine->launcher, &call);
  char what[256];
  snprintf(what, sizeof what, "the kernel %.200s cannot be launched", launch->kernel);
  return code ? refused(machine, what, code, failure) : TENON_NATIVE_DONE;
}

TenonNativeStatus tenonMachineWait(TenonMachine *machine, TenonNativeFailure *failure) {
  int32_t code = machine->table->wait(machine->launcher);
  return code ? refused(machine, "the machine failed", code, failure) : TENON_NATIVE_DONE;
}
