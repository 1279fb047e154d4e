/* test_os.c - processes that watch each other, and what they share. */
#include "client/os.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { LONG_MS = 10000 };

/* Sleeps until a signal ends it. */
static pid_t start_child(void) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        (void)signal(SIGINT, SIG_DFL); /* it may be ignored here, as in a shell's background */
    while (child == 0)
        (void)pause();
    return child;
}

static bool is_readable(int fd, int timeout_ms) {
    struct pollfd item = { .fd = fd, .events = POLLIN };
    return poll(&item, 1, timeout_ms) == 1;
}

static void os__sees_a_process_end(void **unused) {
    pid_t child = start_child();
    int fd = os_watch_process(child);
    (void)unused;
    assert_true(fd >= 0);
    assert_false(is_readable(fd, 20));
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_true(is_readable(fd, LONG_MS));
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(os_watch_process(child), -1);
    assert_int_equal(errno, ESRCH);
    assert_int_equal(close(fd), 0);
}

static void os__interrupts_as_ctrl_c_does(void **unused) {
    int status;
    pid_t child = start_child();
    int fd = os_watch_process(child);
    (void)unused;
    os_interrupt_process(fd, child);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    assert_int_equal(close(fd), 0);
}

static void os__carries_messages_whole_between_two_ends(void **unused) {
    char room[64];
    int fds[2];
    (void)unused;
    assert_int_equal(os_message_pair(fds), 0);
    assert_int_equal(send(fds[0], "one", 3, 0), 3);
    assert_int_equal(send(fds[0], "three", 5, 0), 5);
    assert_int_equal(recv(fds[1], room, sizeof room, 0), 3);
    assert_int_equal(recv(fds[1], room, sizeof room, 0), 5);
    assert_memory_equal(room, "three", 5);
    assert_int_equal(os_peer_of(fds[1]), getpid());
    assert_true(fcntl(fds[0], F_GETFD) & FD_CLOEXEC);
    assert_int_equal(close(fds[0]) | close(fds[1]), 0);
    assert_int_equal(os_peer_of(fds[0]), 0);
}

static void os__gives_back_the_mutex_of_the_dead(void **unused) {
    struct os_shared_mutex *mutex = mmap(NULL, sizeof *mutex, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    (void)unused;
    assert_true(mutex != MAP_FAILED);
    assert_int_equal(os_shared_mutex_init(mutex), 0);
    assert_true(os_shared_mutex_lock(mutex));
    os_shared_mutex_unlock(mutex);
    pid_t child = fork();
    if (child == 0) {
        (void)os_shared_mutex_lock(mutex);
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_false(os_shared_mutex_lock(mutex));
    os_shared_mutex_unlock(mutex);
    assert_true(os_shared_mutex_lock(mutex));
    os_shared_mutex_unlock(mutex);
    assert_int_equal(munmap(mutex, sizeof *mutex), 0);
}

static void os__closes_what_was_inherited(void **unused) {
    int status;
    (void)unused;
    pid_t child = fork();
    if (child == 0) {
        int fd = dup(STDERR_FILENO);
        bool is_closed = os_close_from(3) && (fcntl(fd, F_GETFD) < 0 || errno == ENOSYS);
        _exit(is_closed && fcntl(STDERR_FILENO, F_GETFD) >= 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(os__sees_a_process_end),
        cmocka_unit_test(os__interrupts_as_ctrl_c_does),
        cmocka_unit_test(os__carries_messages_whole_between_two_ends),
        cmocka_unit_test(os__gives_back_the_mutex_of_the_dead),
        cmocka_unit_test(os__closes_what_was_inherited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
