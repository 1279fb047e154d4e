/* test_clock.c - dates both ways, with the C library as the judge of the calendar. */
#include "base/clock.h"
#include "tests/unit/base/fixture.h"

static int64_t parsed(const char *text) {
    int64_t wall_ms = INT64_MIN;
    if (!clock_parse_iso(str_from_c(text), &wall_ms))
        fail_msg("'%s' was not read", text);
    return wall_ms;
}

static void assert_formatted(int64_t wall_ms, const char *expected) {
    char text[CLOCK_ISO_MAX];
    clock_format_iso(text, wall_ms);
    assert_string_equal(text, expected);
}

static void clock__formats_milliseconds_utc(void **state) {
    (void)state;
    assert_formatted(0, "1970-01-01T00:00:00.000Z");
    assert_formatted(1795225974733, "2026-11-21T01:52:54.733Z");
    assert_formatted(951782400000, "2000-02-29T00:00:00.000Z");
    assert_formatted(253402300799999, "9999-12-31T23:59:59.999Z");
}

static void clock__clamps_what_it_cannot_format(void **state) {
    (void)state;
    assert_formatted(-1, "1970-01-01T00:00:00.000Z");
    assert_formatted(INT64_MIN, "1970-01-01T00:00:00.000Z");
    assert_formatted(253402300800000, "9999-12-31T23:59:59.999Z");
    assert_formatted(INT64_MAX, "9999-12-31T23:59:59.999Z");
}

static void clock__reads_the_forms_that_clients_write(void **state) {
    static const struct {
        const char *text;
        int64_t wall_ms;
    } rows[] = {
        { "2026-11-21", 1795219200000 },
        { "2026-11-21T01:52", 1795225920000 },
        { "2026-11-21T01:52:54", 1795225974000 },
        { "2026-11-21T01:52:54Z", 1795225974000 },
        { "2026-11-21T01:52:54z", 1795225974000 },
        { "2026-11-21 01:52:54", 1795225974000 },
        { "2026-11-21T01:52:54.7", 1795225974700 },
        { "2026-11-21T01:52:54,73", 1795225974730 },
        { "2026-11-21T01:52:54.880342", 1795225974880 },
        { "2026-11-21T01:52:54.733999999999Z", 1795225974733 },
        { "2026-11-21T01:52:54.733+00:00", 1795225974733 },
        { "2026-11-21T02:52:54+01:00", 1795225974000 },
        { "2026-11-20T20:22:54-0530", 1795225974000 },
        { "2026-11-21T03:52:54+02", 1795225974000 },
        { "2026-11-21T01:52Z", 1795225920000 },
        { "1969-12-31T23:59:59.999Z", -1 },
        { "2016-12-31T23:59:60Z", 1483228800000 },
        { "0000-03-01", -62162035200000 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (parsed(rows[i].text) != rows[i].wall_ms)
            fail_msg("'%s' was read as %lld", rows[i].text, (long long)parsed(rows[i].text));
}

static void clock__refuses_anything_else(void **state) {
    static const char *rows[] = {
        "", "2026", "2026-11", "2026-1-21", "2026-11-2", "2026-11-21T", "2026-11-21Z", "2026-11-21T01", "2026-11-21T1:52:54",
        "2026-00-01", "2026-13-01", "2026-01-00", "2026-01-32", "2026-04-31", "2026-02-29", "1900-02-29", "2026-11-21T24:00:00",
        "2026-11-21T01:60:00", "2026-11-21T01:00:61", "2026-11-21T01:52:54.", "2026-11-21T01:52:54.Z", "2026-11-21T01:52.5",
        "2026-11-21T01:52:54+", "2026-11-21T01:52:54+1", "2026-11-21T01:52:54+24:00", "2026-11-21T01:52:54+01:60",
        "2026-11-21T01:52:54+01:", "2026-11-21T01:52:54ZZ", "2026-11-21T01:52:54 Z", " 2026-11-21", "2026-11-21 ",
        "2026/11/21", "-026-11-21", "2026-11-21X01:52:54", "2026-+1-21",
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t wall_ms;
        if (clock_parse_iso(str_from_c(rows[i]), &wall_ms))
            fail_msg("'%s' was read", rows[i]);
    }
}

static void clock__reads_back_every_day_it_formats(void **state) {
    const int64_t day_ms = 86400000;
    (void)state;
    for (int64_t wall_ms = 12345678; wall_ms < 253402300799999; wall_ms += 97 * day_ms + 1234567) {
        char text[CLOCK_ISO_MAX];
        clock_format_iso(text, wall_ms);
        assert_int_equal(parsed(text), wall_ms);
    }
    for (int64_t day = 0; day < 366 * 8; day++) {
        char text[CLOCK_ISO_MAX];
        clock_format_iso(text, (day + 10000) * day_ms);
        text[10] = '\0';
        assert_int_equal(parsed(text), (day + 10000) * day_ms);
    }
}

static void clock__tells_times_that_fit_each_other(void **state) {
    int64_t before_ns = clock_mono_ns(), before_ms = clock_mono_ms();
    (void)state;
    assert_true(clock_mono_ns() >= before_ns);
    assert_true(before_ms - before_ns / 1000000 <= 1000);
    assert_true(before_ms >= before_ns / 1000000);
    int64_t seconds = (int64_t)time(NULL);
    assert_true(clock_wall_ms() >= (seconds - 1) * 1000 && clock_wall_ms() < (seconds + 10) * 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(clock__formats_milliseconds_utc),          TEST(clock__clamps_what_it_cannot_format),
        TEST(clock__reads_the_forms_that_clients_write), TEST(clock__refuses_anything_else),
        TEST(clock__reads_back_every_day_it_formats),   TEST(clock__tells_times_that_fit_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
