// A pool of threads that share the items of one loop at a time. The calling thread works too. Chunks are
// taken from a counter: which thread does an item changes from run to run, what the item computes does not.
#include "core/runtime/native/Internal.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct TenonPool {
  pthread_t *threads;
  unsigned count; // beside the calling one
  pthread_mutex_t mutex;
  pthread_cond_t wake, done;
  // Guarded by the mutex.
  uint64_t round;  // of the loop that is to be done
  unsigned active; // threads that are at it, beside the calling one
  bool open;       // whether a thread that wakes may still join
  bool ends;
  void (*work)(void *arguments, int64_t begin, int64_t end);
  void *arguments;
  int64_t items, chunk;
  _Atomic int64_t next;
  _Atomic uint64_t published; // the round again, for threads that look without the mutex
};

// How often a thread looks for the next loop before it sleeps: kernels follow one another within
// microseconds.
enum { Looks = 2000 };

static void takeChunks(TenonPool *pool) {
  for (;;) {
    int64_t begin = atomic_fetch_add(&pool->next, pool->chunk);
    if (begin >= pool->items)
      return;
    int64_t end = begin + pool->chunk < pool->items ? begin + pool->chunk : pool->items;
    pool->work(pool->arguments, begin, end);
  }
}

static void *worker(void *given) {
  TenonPool *pool = given;
  uint64_t seen = 0;
  for (;;) {
    for (int i = 0; i < Looks && atomic_load(&pool->published) == seen; ++i)
      if (i % 64 == 63)
        sched_yield();
    pthread_mutex_lock(&pool->mutex);
    while (pool->round == seen && !pool->ends)
      pthread_cond_wait(&pool->wake, &pool->mutex);
    if (pool->ends) {
      pthread_mutex_unlock(&pool->mutex);
      return NULL;
    }
    seen = pool->round;
    bool joins = pool->open; // a late one is not waited for: the others have done its part
    pool->active += joins;
    pthread_mutex_unlock(&pool->mutex);
    if (!joins)
      continue;
    takeChunks(pool);
    pthread_mutex_lock(&pool->mutex);
    if (--pool->active == 0)
      pthread_cond_signal(&pool->done);
    pthread_mutex_unlock(&pool->mutex);
  }
}

TenonPool *tenonPoolStart(unsigned threads, TenonNativeFailure *failure) {
  TenonPool *pool = calloc(1, sizeof *pool);
  if (pool)
    pool->threads = calloc(threads, sizeof *pool->threads);
  if (!pool || !pool->threads) {
    free(pool);
    tenonFail(failure, TENON_NATIVE_SYSTEM_FAILED, "", "no memory for %u threads", threads);
    return NULL;
  }
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->wake, NULL);
  pthread_cond_init(&pool->done, NULL);
  while (pool->count + 1 < threads) {
    int code = pthread_create(&pool->threads[pool->count], NULL, worker, pool);
    if (code != 0) {
      tenonFail(failure, TENON_NATIVE_SYSTEM_FAILED, "", "%u threads are wanted, %u could be started: %s",
                threads, pool->count + 1, strerror(code));
      tenonPoolStop(pool);
      return NULL;
    }
    ++pool->count;
  }
  return pool;
}

void tenonPoolStop(TenonPool *pool) {
  if (!pool)
    return;
  pthread_mutex_lock(&pool->mutex);
  pool->ends = true;
  atomic_store(&pool->published, UINT64_MAX);
  pthread_cond_broadcast(&pool->wake);
  pthread_mutex_unlock(&pool->mutex);
  for (unsigned i = 0; i < pool->count; ++i)
    pthread_join(pool->threads[i], NULL);
  pthread_cond_destroy(&pool->done);
  pthread_cond_destroy(&pool->wake);
  pthread_mutex_destroy(&pool->mutex);
  free(pool->threads);
  free(pool);
}

void tenonPoolParallel(void *given, void (*work)(void *arguments, int64_t begin, int64_t end),
                       void *arguments, int64_t items) {
  TenonPool *pool = given;
  pthread_mutex_lock(&pool->mutex);
  pool->work = work;
  pool->arguments = arguments;
  pool->items = items;
  int64_t shares = ((int64_t)pool->count + 1) * 4; // a few each, so that a slow thread holds up little
  pool->chunk = items > shares ? items / shares : 1;
  atomic_store(&pool->next, 0);
  pool->open = true;
  atomic_store(&pool->published, ++pool->round);
  pthread_cond_broadcast(&pool->wake);
  pthread_mutex_unlock(&pool->mutex);
  takeChunks(pool);
  pthread_mutex_lock(&pool->mutex);
  pool->open = false;
  while (pool->active > 0)
    pthread_cond_wait(&pool->done, &pool->mutex);
  pthread_mutex_unlock(&pool->mutex);
}
