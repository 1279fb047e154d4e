/* fuzz_live_chart.c - what a page says that it draws, twice: the second time some of it goes on. */
#include "server/api/charts/live_chart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes) {
    struct live_charts charts = { .count = 0 };
    struct arena *arena = arena_create();
    struct str first, second;
    struct err err;

    (void)str_cut((struct str){ (const char *)data, size_bytes }, '\n', &first, &second);
    for (int i = 0; i < 2; i++) {
        size_t before = charts.count, series = 0;
        if (live_charts_read(&charts, i == 0 ? first : second, 5, arena, &err) != OK && charts.count != before)
            abort(); /* what is wrong changes nothing */
        for (size_t k = 0; k < charts.count; k++) {
            const struct live_chart *chart = charts.items[k];
            series += chart->series_count;
            for (size_t s = 0; s < chart->series_count; s++)
                if (chart->series[s].run >= chart->run_count || chart->series[s].key >= chart->key_count)
                    abort();
        }
        if (series != charts.series_count || series > 5)
            abort();
    }
    live_charts_finish(&charts);
    arena_destroy(arena);
    return 0;
}
