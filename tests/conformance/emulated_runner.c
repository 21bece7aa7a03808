// The program that runs in the emulator: reads calls from standard input, makes them, writes what came out.
#include "emulated_runner.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct Part {
  void (*work)(void *arguments, int64_t begin, int64_t end);
  void *arguments;
  int64_t begin, end;
} Part;

static void *runPart(void *given) {
  const Part *part = given;
  part->work(part->arguments, part->begin, part->end);
  return NULL;
}

// Shares the items out unevenly.
static void shareItems(void *context, void (*work)(void *, int64_t, int64_t), void *arguments,
                       int64_t items) {
  uint64_t threads = *(const uint64_t *)context;
  pthread_t running[16];
  Part parts[16];
  int64_t begin = 0;
  for (uint64_t i = 0; i < threads; ++i) {
    int64_t end = i + 1 == threads ? items : begin + (items - begin + 2) / 3;
    parts[i] = (Part){work, arguments, begin, end};
    begin = end;
    if (pthread_create(&running[i], NULL, runPart, &parts[i]) != 0)
      exit(3);
  }
  for (uint64_t i = 0; i < threads; ++i)
    pthread_join(running[i], NULL);
}

static void take(void *data, size_t bytes) {
  if (bytes && fread(data, 1, bytes, stdin) != bytes)
    exit(feof(stdin) ? 0 : 2);
}

static void *aligned(size_t bytes, int fill) {
  size_t whole = (bytes + 127) / 64 * 64;
  void *memory = aligned_alloc(64, whole);
  if (!memory)
    exit(2);
  return memset(memory, fill, whole);
}

int main(void) {
  for (;;) {
    uint64_t header[6], sizes[128];
    take(header, sizeof header);
    uint64_t threads = header[1], inputs = header[4], outputs = header[5];
    if (threads > 16 || inputs + outputs > 128)
      return 2;
    take(sizes, (inputs + outputs) * sizeof *sizes);
    void *weights = aligned(header[2], 0), *arena = aligned(header[3], 0xa5), *tensors[128];
    take(weights, header[2]);
    for (uint64_t i = 0; i < inputs + outputs; ++i)
      tensors[i] = aligned(sizes[i], 0);
    for (uint64_t i = 0; i < inputs; ++i)
      take(tensors[i], sizes[i]);
    alarm(60); // whoever waits for the answer may be gone
    struct Threads sharing = {&threads, shareItems};
    int32_t status = entries[header[0]](weights, arena, (const void *const *)tensors, tensors + inputs,
                                        threads > 1 ? &sharing : NULL);
    alarm(0);
    fwrite(&status, sizeof status, 1, stdout);
    for (uint64_t i = 0; i < outputs; ++i)
      fwrite(tensors[inputs + i], 1, sizes[inputs + i], stdout);
    fflush(stdout);
    for (uint64_t i = 0; i < inputs + outputs; ++i)
      free(tensors[i]);
    free(weights);
    free(arena);
  }
}
