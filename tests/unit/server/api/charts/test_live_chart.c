/* test_live_chart.c - what a page may say that it draws. */
#include "tests/unit/server/api/charts/live_world.h"

#define CHART(id, series)                                                                                                        \
    "{\"id\":" id ",\"entity\":\"a\",\"project\":\"p\",\"x\":\"_step\",\"point\":\"mean\",\"log\":true,\"buckets\":125,"         \
    "\"runs\":[\"r\",\"s\"],\"keys\":[\"loss\"],\"series\":" series "}"
#define TWO "[[0,0,100,2.5],[1,0,7,0]]"

static enum err_code say(struct world *w, const char *text, size_t room) {
    return live_charts_read(&w->charts, str_from_c(text), room, w->arena, &w->err);
}

static void live_chart__keeps_what_a_page_says(void **state) {
    struct world *w = *state;
    assert_int_equal(say(w, "{\"charts\":[" CHART("3", TWO) "]}", 100), OK);
    assert_int_equal(w->charts.count, 1);
    const struct live_chart *chart = w->charts.items[0];
    assert_int_equal(chart->id, 3);
    assert_true(str_eq(chart->runs[1], STR("s")) && str_eq(chart->keys[0], STR("loss")) && str_eq(chart->x, STR("_step")));
    assert_true(chart->compact.is_mean && chart->compact.is_log && chart->compact.bucket_count == 125);
    assert_true(chart->series[0].start == 100 && chart->series[0].width == 2.5 && chart->series[1].run == 1);
    assert_int_equal(w->charts.series_count, 2);
}

static void live_chart__goes_on_where_it_was(void **state) {
    struct world *w = *state;
    assert_int_equal(say(w, "{\"charts\":[" CHART("3", TWO) "," CHART("4", TWO) "]}", 100), OK);
    w->charts.items[1]->series[0].start = 200;
    assert_int_equal(say(w, "{\"charts\":[{\"id\":9},{\"id\":4}]}", 100), OK);
    assert_int_equal(w->charts.count, 1);
    assert_int_equal(w->charts.series_count, 2);
    assert_true(w->charts.items[0]->series[0].start == 200);
    assert_int_equal(say(w, "{\"watch\":[]}", 100), OK);
    assert_int_equal(w->charts.count, 0);
}

static void live_chart__leaves_out_what_there_is_no_room_for(void **state) {
    struct world *w = *state;
    assert_int_equal(say(w, "{\"charts\":[" CHART("3", TWO) "," CHART("4", TWO) "]}", 3), OK);
    assert_int_equal(w->charts.count, 1);
    assert_int_equal(w->charts.items[0]->id, 3);
    assert_int_equal(say(w, "{\"charts\":[{\"id\":3}," CHART("4", "[[0,0,1,0]]") "]}", 3), OK);
    assert_int_equal(w->charts.series_count, 3);
}

/* Each message is small, and its chart is kept when later ones only name it. */
static void live_chart__keeps_names_up_to_a_limit(void **state) {
    struct world *w = *state;
    size_t said = 0;
    for (; said < LIVE_CHARTS_MAX && w->charts.count == said; said++) {
        struct buf text = BUF_INIT(1 << 20);
        buf_append_str(&text, STR("{\"charts\":["));
        for (size_t i = 0; i < said; i++)
            buf_printf(&text, "{\"id\":%zu},", i);
        buf_printf(&text, "{\"id\":%zu,\"entity\":\"a\",\"project\":\"p\",\"x\":\"_step\",\"buckets\":1,\"keys\":[],\"series\":[],\"runs\":[", said);
        for (size_t i = 0; i < 40; i++)
            buf_printf(&text, "%s\"%01000d\"", i > 0 ? "," : "", 1);
        buf_append_str(&text, STR("]}]}"));
        assert_int_equal(live_charts_read(&w->charts, buf_str(&text), 100, w->arena, &w->err), OK);
        buf_finish(&text);
    }
    assert_int_equal(said, 1 + LIVE_NAME_BYTES_MAX / (40 * (1000 + sizeof(struct str))));
    assert_int_equal(w->charts.count, said - 1);
}

static void live_chart__keeps_what_it_had_when_the_message_is_wrong(void **state) {
    static const char *const wrong[] = {
        "",
        "{\"charts\":3}",
        "{\"charts\":[1]}",
        "{\"charts\":[{}]}",
        "{\"charts\":[{\"id\":-1}]}",
        "{\"charts\":[{\"id\":4294967296}]}",
        "{\"charts\":[{\"id\":3},{\"id\":3}]}",
        "{\"charts\":[{\"id\":7,\"series\":[]}]}",
        "{\"charts\":[" CHART("7", "[[2,0,1,1]]") "]}",
        "{\"charts\":[" CHART("7", "[[0,1,1,1]]") "]}",
        "{\"charts\":[" CHART("7", "[[0,0,1,-1]]") "]}",
        "{\"charts\":[" CHART("7", "[[0,0,1]]") "]}",
        "{\"charts\":[" CHART("7", "[[0,0,null,1]]") "]}",
        "{\"charts\":[" CHART("8", TWO) "," CHART("7", "{}") "]}",
    };
    struct world *w = *state;
    assert_int_equal(say(w, "{\"charts\":[" CHART("3", TWO) "]}", 100), OK);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (say(w, wrong[i], 100) != ERR_BAD_INPUT)
            fail_msg("not refused: %s", wrong[i]);
    assert_int_equal(w->charts.count, 1);
    assert_int_equal(w->charts.items[0]->id, 3);
    assert_int_equal(w->charts.series_count, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(live_chart__keeps_what_a_page_says),
        WORLD_TEST(live_chart__goes_on_where_it_was),
        WORLD_TEST(live_chart__leaves_out_what_there_is_no_room_for),
        WORLD_TEST(live_chart__keeps_names_up_to_a_limit),
        WORLD_TEST(live_chart__keeps_what_it_had_when_the_message_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
