#include "os/thread.h"

#include <signal.h>
#include <string.h>

#include "base/assert.h"

#define STACK_SIZE_DEFAULT KIB(256)

static void *thread_run(void *argument)
{
    struct thread *thread = argument;
    pthread_setname_np(pthread_self(), thread->name);
    thread->body(thread->context);
    return NULL;
}

static int thread_create(struct thread *thread, u64 stack_size)
{
    pthread_attr_t attributes;
    int failed = pthread_attr_init(&attributes);
    assert(!failed);
    failed = pthread_attr_setstacksize(&attributes, stack_size);
    assert(!failed);
    failed = pthread_create(&thread->handle, &attributes, thread_run, thread);
    pthread_attr_destroy(&attributes);
    return failed;
}

enum status thread_start(struct thread *thread, const struct thread_options *options,
                         struct err *err)
{
    *thread = (struct thread){ .body = options->body, .context = options->context };
    assert(strlen(options->name) < sizeof thread->name);
    strcpy(thread->name, options->name);

    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    u64 stack_size = options->stack_size ? options->stack_size : STACK_SIZE_DEFAULT;
    int failed = thread_create(thread, align_up(stack_size, KIB(64)));
    pthread_sigmask(SIG_SETMASK, &before, NULL);

    if (failed)
        return err_set(err, "53000", "could not start thread \"%s\": %s", options->name,
                       strerrordesc_np(failed));
    thread->started = true;
    return OK;
}

void thread_join(struct thread *thread)
{
    if (!thread->started) return;
    int failed = pthread_join(thread->handle, NULL);
    assert(!failed);
    thread->started = false;
}
