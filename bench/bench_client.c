/* bench_client.c - what log() of eight numbers costs the training process: bench_client FOLDER SENDER */
#include "client/barograph.h"

#include "base/clock.h"

enum { ROW_COUNT = 500000, KEY_COUNT = 8 };

static int compare(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static void log_row(struct baro_run *run, double value) {
    static const char *const keys[KEY_COUNT] = { "loss", "acc", "lr", "grad", "m4", "m5", "m6", "m7" };
    struct baro_row *row = baro_row_begin(run, BARO_HISTORY);
    for (int i = 0; i < KEY_COUNT; i++)
        baro_row_number(row, keys[i], value * (i + 1));
    (void)baro_row_commit(row, NULL, NULL);
}

int main(int argc, char **argv) {
    static int64_t took_ns[ROW_COUNT];
    struct baro_error error;
    struct baro_run *run;
    if (argc != 3)
        return 2;
    const struct baro_settings settings = { .dir = argv[1], .sender_path = argv[2], .mode = BARO_OFFLINE };
    if (baro_open(&run, &settings, &error) != BARO_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    for (int i = 0; i < ROW_COUNT; i++) {
        int64_t begin_ns = clock_mono_ns();
        log_row(run, 1.0 / (i + 1));
        took_ns[i] = clock_mono_ns() - begin_ns;
    }
    qsort(took_ns, ROW_COUNT, sizeof took_ns[0], compare);
    printf("log() of 8 doubles from C: median %lld ns, p99 %lld ns, p99.9 %lld ns, longest %lld ns\n",
           (long long)took_ns[ROW_COUNT / 2], (long long)took_ns[ROW_COUNT / 100 * 99],
           (long long)took_ns[ROW_COUNT / 1000 * 999], (long long)took_ns[ROW_COUNT - 1]);
    return baro_finish(run, 0, &error);
}
