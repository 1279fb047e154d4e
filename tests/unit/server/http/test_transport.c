/* test_transport.c - over a pair of sockets. */
#include "server/http/transport.h"

#include "../../base/fixture.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

static struct transport make(int *other) {
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    *other = ends[1];
    return (struct transport){ .fd = ends[0] };
}

static void transport__reads_waits_and_ends(void **state) {
    int other;
    struct transport transport = make(&other);
    char bytes[10];
    (void)state;
    assert_int_equal(transport_read(&transport, bytes, sizeof bytes), TRANSPORT_WAITS);
    assert_int_equal(write(other, "abc", 3), 3);
    assert_int_equal(transport_read(&transport, bytes, sizeof bytes), 3);
    (void)close(other);
    assert_int_equal(transport_read(&transport, bytes, sizeof bytes), 0);
    transport_close(&transport);
    assert_int_equal(transport.fd, -1);
}

static void transport__waits_when_the_other_side_does_not_read(void **state) {
    int other;
    struct transport transport = make(&other);
    static char bytes[1 << 20];
    long sent;
    (void)state;
    while ((sent = transport_write(&transport, bytes, sizeof bytes, false)) > 0) {
    }
    assert_int_equal(sent, TRANSPORT_WAITS);
    (void)close(other);
    assert_int_equal(transport_write(&transport, bytes, 1, false), TRANSPORT_FAILED); /* and no SIGPIPE */
    transport_close(&transport);
}

static void transport__sends_a_file_from_its_offset(void **state) {
    int other;
    struct transport transport = make(&other);
    char path[] = "/tmp/test_transportXXXXXX", bytes[10];
    int fd = mkstemp(path);
    (void)state;
    assert_int_equal(write(fd, "0123456789", 10), 10);
    assert_int_equal(transport_write_file(&transport, fd, 4, 3), 3);
    assert_int_equal(read(other, bytes, sizeof bytes), 3);
    assert_memory_equal(bytes, "456", 3);
    assert_int_equal(transport_write_file(&transport, fd, 10, 3),
                     TRANSPORT_FAILED); /* it has become shorter */
    (void)close(fd);
    (void)unlink(path);
    (void)close(other);
    transport_close(&transport);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(transport__reads_waits_and_ends),
        TEST(transport__sends_a_file_from_its_offset),
        TEST(transport__waits_when_the_other_side_does_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
