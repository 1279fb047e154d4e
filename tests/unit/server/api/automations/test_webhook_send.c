/* test_webhook_send.c - which addresses webhooks may reach. What is sent is tested with real receivers, in tests/api. */
#include "server/api/automations/webhook_send.h"

#include <setjmp.h>
#include <stdarg.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cmocka.h>

static bool may(const struct webhook_networks *networks, const char *address) {
    struct sockaddr_in v4 = { .sin_family = AF_INET };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
    if (inet_pton(AF_INET, address, &v4.sin_addr) == 1)
        return webhook_may_connect(networks, (const struct sockaddr *)(const void *)&v4);
    assert_int_equal(inet_pton(AF_INET6, address, &v6.sin6_addr), 1);
    return webhook_may_connect(networks, (const struct sockaddr *)(const void *)&v6);
}

static struct webhook_networks *networks_of(const char *text) {
    struct webhook_networks *networks;
    struct err err;
    assert_int_equal(webhook_networks_create(&networks, str_from_c(text), &err), OK);
    return networks;
}

static void webhook_send__reaches_strangers_only(void **state) {
    static const char *const privates[] = { "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
                                            "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1",
                                            "fd12:3456::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1",
                                            "::ffff:0:127.0.0.1" };
    static const char *const publics[] = { "8.8.8.8", "172.15.255.255", "172.32.0.1", "192.167.255.255", "100.63.255.255", "2606:4700::1111", "::ffff:8.8.8.8" };
    struct webhook_networks *none = networks_of("");
    (void)state;
    for (size_t i = 0; i < sizeof privates / sizeof privates[0]; i++)
        if (may(none, privates[i]))
            fail_msg("%s was reached", privates[i]);
    for (size_t i = 0; i < sizeof publics / sizeof publics[0]; i++)
        if (!may(none, publics[i]))
            fail_msg("%s was not reached", publics[i]);
    webhook_networks_destroy(none);
}

static void webhook_send__reaches_what_an_administrator_names(void **state) {
    struct webhook_networks *some = networks_of("10.1.2.0/23, 192.168.7.7,fd00::/8");
    (void)state;
    assert_true(may(some, "10.1.2.1") && may(some, "10.1.3.255") && may(some, "192.168.7.7") && may(some, "fd12::1") && may(some, "::ffff:10.1.2.3"));
    assert_false(may(some, "10.1.4.0") || may(some, "192.168.7.8") || may(some, "fe80::1") || may(some, "127.0.0.1"));
    webhook_networks_destroy(some);
}

static void webhook_send__refuses_what_is_no_network(void **state) {
    static const char *const bad[] = { "localhost", "10.0.0.0/33", "10.0.0.0/x", "::1/129", "1.2.3", "10.0.0.0/-1" };
    struct webhook_networks *networks;
    struct err err;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(webhook_networks_create(&networks, str_from_c(bad[i]), &err), ERR_BAD_INPUT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(webhook_send__reaches_strangers_only),
        cmocka_unit_test(webhook_send__reaches_what_an_administrator_names),
        cmocka_unit_test(webhook_send__refuses_what_is_no_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
