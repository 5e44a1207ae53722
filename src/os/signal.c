#include "os/signal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/assert.h"

static sigset_t stop_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    return set;
}

static void signal_on_ready(struct poll_source *source, u32 ready)
{
    struct signal_watch *watch = container_of(source, struct signal_watch, source);
    (void)ready;
    struct signalfd_siginfo info;
    while (read(source->fd, &info, sizeof info) == (ssize_t)sizeof info) {
        watch->on_stop(watch, ++watch->count);
        if (source->fd < 0) return; /* the callback closed the watch */
    }
}

enum status signal_open(struct signal_watch *watch, struct poll_loop *loop, signal_stop_fn *on_stop,
                        struct err *err)
{
    assert(on_stop);
    *watch = (struct signal_watch){ .on_stop = on_stop,
                                    .source = { .fd = -1, .on_ready = signal_on_ready } };
    signal_ignore_pipe();
    sigset_t set = stop_signals();
    int failed = pthread_sigmask(SIG_BLOCK, &set, NULL);
    assert(!failed);
    watch->source.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (watch->source.fd < 0) {
        pthread_sigmask(SIG_UNBLOCK, &set, NULL);
        return err_set(err, "53000", "could not watch signals: %s", strerrordesc_np(errno));
    }
    watch->loop = loop;
    enum status status = poll_add(loop, &watch->source, POLL_READ, err);
    if (status) signal_close(watch);
    return status;
}

void signal_close(struct signal_watch *watch)
{
    if (!watch->loop) return;
    poll_remove(watch->loop, &watch->source);
    close(watch->source.fd);
    watch->source.fd = -1;
    watch->loop = NULL;
    sigset_t set = stop_signals();
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void signal_ignore_pipe(void)
{
    struct sigaction action = { .sa_handler = SIG_IGN };
    int failed = sigaction(SIGPIPE, &action, NULL);
    assert(!failed);
}
