/* test_notify.c - what a service manager hears. */
#include "server/notify.h"

#include "base/banned.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* A socket that the manager would listen on; '@' for a name that lies in no folder. */
static int listen_at(const char *name) {
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    size_t len = strlen(name);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    memcpy(address.sun_path, name, len);
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)), 0);
    return fd;
}

static void assert_heard(const char *name) {
    char text[64] = "";
    int fd = listen_at(name);
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
    notify_manager("READY=1");
    assert_int_equal(recv(fd, text, sizeof text - 1, 0), 7);
    assert_string_equal(text, "READY=1");
    (void)close(fd);
}

static void notify__reaches_a_socket_in_a_folder_and_one_in_none(void **state) {
    char name[64];
    (void)state;
    (void)snprintf(name, sizeof name, "@barograph-test-%d", (int)getpid());
    assert_heard(name);
    (void)snprintf(name, sizeof name, "/tmp/barograph-test-%d", (int)getpid());
    assert_heard(name);
    notify_manager("READY=1"); /* nobody listens any more: a line in the log */
    (void)unlink(name);
}

static void notify__is_silent_without_a_manager(void **state) {
    (void)state;
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
    notify_manager("READY=1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notify__reaches_a_socket_in_a_folder_and_one_in_none),
        cmocka_unit_test(notify__is_silent_without_a_manager),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
