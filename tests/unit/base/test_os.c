/* test_os.c - what this system does in its own way, as the others must do it too. */
#include "base/clock.h"
#include "base/os.h"
#include "tests/unit/base/fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

static int open_temporary(void) {
    char path[] = "/tmp/os.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(unlink(path), 0);
    return fd;
}

static void os__draws_other_bytes_each_time(void **state) {
    unsigned char first[32] = { 0 }, second[32] = { 0 };
    (void)state;
    assert_true(os_random(first, sizeof first));
    assert_true(os_random(second, sizeof second));
    assert_memory_not_equal(first, second, sizeof first);
}

static void os__wipes(void **state) {
    char secret[16] = "secret", zeroes[16] = { 0 };
    (void)state;
    os_wipe(secret, sizeof secret);
    assert_memory_equal(secret, zeroes, sizeof secret);
}

static void os__says_what_an_error_number_means(void **state) {
    (void)state;
    assert_string_equal(os_error_text(ENOENT), "No such file or directory");
    assert_string_equal(os_error_text(123456), "unknown error");
}

static void os__hands_nothing_on_to_programs(void **state) {
    int fds[2];
    (void)state;
    assert_int_equal(os_pipe(fds), 0);
    int socket_fd = os_stream_socket(AF_INET);
    assert_true(socket_fd >= 0);
    assert_true(fcntl(fds[0], F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(fds[1], F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(socket_fd, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(socket_fd, F_GETFL) & O_NONBLOCK);
    assert_int_equal(close(fds[0]) | close(fds[1]) | close(socket_fd), 0);
}

static void os__sets_room_aside_behind_what_is_there(void **state) {
    struct stat stat;
    char byte = 0;
    int fd = open_temporary();
    (void)state;
    assert_int_equal(write(fd, "x", 1), 1);
    assert_int_equal(os_set_room_aside(fd, 1, 1 << 16), 0);
    assert_int_equal(fstat(fd, &stat), 0);
    assert_int_equal(stat.st_size, 1 << 16);
    assert_true(stat.st_blocks >= (1 << 16) / 512);
    assert_int_equal(pread(fd, &byte, 1, 0), 1);
    assert_int_equal(byte, 'x');
    assert_int_equal(os_sync_data(fd), 0);
    assert_int_equal(close(fd), 0);
    assert_int_equal(os_set_room_aside(-1, 0, 1), EBADF);
}

static void os__tells_when_a_file_changed(void **state) {
    struct stat stat;
    const struct timespec times[2] = { { .tv_sec = 5 }, { .tv_sec = 7, .tv_nsec = 9000 } };
    int fd = open_temporary();
    (void)state;
    assert_int_equal(futimens(fd, times), 0);
    assert_int_equal(fstat(fd, &stat), 0);
    assert_int_equal(os_changed_at(&stat).tv_sec, 7);
    assert_int_equal(os_changed_at(&stat).tv_nsec, 9000);
    assert_int_equal(close(fd), 0);
}

static void os__waits_no_longer_than_until_the_limit(void **state) {
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t cond;
    int result = 0;
    (void)state;
    os_cond_init(&cond);
    pthread_mutex_lock(&mutex);
    int64_t begun_ms = clock_mono_ms();
    while (result == 0)
        result = os_cond_wait_until(&cond, &mutex, begun_ms + 30);
    assert_int_equal(result, ETIMEDOUT);
    assert_true(clock_mono_ms() >= begun_ms + 29 && clock_mono_ms() < begun_ms + 5000);
    pthread_mutex_unlock(&mutex);
    pthread_cond_destroy(&cond);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(os__draws_other_bytes_each_time),
        cmocka_unit_test(os__wipes),
        cmocka_unit_test(os__says_what_an_error_number_means),
        cmocka_unit_test(os__hands_nothing_on_to_programs),
        cmocka_unit_test(os__sets_room_aside_behind_what_is_there),
        cmocka_unit_test(os__tells_when_a_file_changed),
        cmocka_unit_test(os__waits_no_longer_than_until_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
