/* test_http_resolve.c - names are found, or not, in the time there is. */
#include "base/http_resolve.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static atomic_int slow_ones;
static atomic_bool may_answer;

/* A name server that answers when it is let, as the system's resolver sees it. */
static int look_up_slowly(const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **out) {
    while (!atomic_load(&may_answer))
        (void)usleep(1000);
    int result = getaddrinfo(strcmp(host, "slow.test") == 0 ? "127.0.0.1" : host, port, hints, out);
    atomic_fetch_add(&slow_ones, 1);
    return result;
}

static void resolve__finds_names_and_numbers(void **state) {
    struct addrinfo *found = NULL;
    struct err err;
    (void)state;
    assert_int_equal(http_resolve(&found, "localhost", 80, clock_mono_ms() + 60000, &err), OK);
    freeaddrinfo(found);
    assert_int_equal(http_resolve(&found, "127.0.0.1", 80, clock_mono_ms() - 1, &err), OK); /* needs no time */
    assert_int_equal(((struct sockaddr_in *)(void *)found->ai_addr)->sin_port, htons(80));
    freeaddrinfo(found);
}

static void resolve__gives_up_when_the_time_is_over(void **state) {
    struct addrinfo *found = NULL;
    struct err err;
    (void)state;
    http_resolve_look_up = look_up_slowly;
    assert_int_equal(http_resolve(&found, "slow.test", 80, clock_mono_ms() + 50, &err), ERR_TIMEOUT);
    assert_string_equal(err.message, "cannot find 'slow.test': no name server answered in time");
    atomic_store(&may_answer, true);
    for (int i = 0; i < 3000 && atomic_load(&slow_ones) == 0; i++)
        (void)usleep(20000);
    assert_int_equal(atomic_load(&slow_ones), 1); /* what was left behind ended by itself */
    assert_int_equal(http_resolve(&found, "slow.test", 80, clock_mono_ms() + 60000, &err), OK);
    freeaddrinfo(found);
    http_resolve_look_up = getaddrinfo;
}

static void resolve__names_the_host_that_is_not_there(void **state) {
    struct addrinfo *found = NULL;
    struct err err;
    (void)state;
    assert_int_equal(http_resolve(&found, "no host", 80, clock_mono_ms() + 20000, &err), ERR_IO);
    assert_non_null(strstr(err.message, "cannot find 'no host'"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resolve__finds_names_and_numbers),
        cmocka_unit_test(resolve__gives_up_when_the_time_is_over),
        cmocka_unit_test(resolve__names_the_host_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
