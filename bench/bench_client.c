/* bench_client.c - what log() of eight numbers costs the training process: bench_client FOLDER SENDER
 *
 * Beside each figure stands the machine's own: arithmetic as long as a median log(), timed in turns with it. What that
 * loses to the clock's ticks, to other processes and to the hypervisor, log() loses too. Of the long ones it says how many
 * had page faults, and how many were switched away from.
 */
#include "client/barograph.h"

#include "base/clock.h"

#include <sys/resource.h>
#include <time.h>

enum { KEY_COUNT = 8, FAST_COUNT = 500000, FAST_TURN = 1000, PACED_COUNT = 5000, PACE_NS = 1000000, LONG_NS = 10000 };

struct series {
    const char *name;
    int64_t took_ns[FAST_COUNT];
    int faulted, switched; /* of those that took long */
};

static struct series logged = { .name = "log()" }, arithmetic = { .name = "arithmetic" };
static volatile double sink = 1;

static int compare(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* After each call that is timed: what befell a long one, or a call since the last. To ask before each would cost a row more
 * than it tells. */
static void note(struct series *series, int at, int64_t begin_ns) {
    static struct rusage before;
    struct rusage now;
    series->took_ns[at] = clock_mono_ns() - begin_ns;
    if (series->took_ns[at] <= LONG_NS)
        return;
    (void)getrusage(RUSAGE_SELF, &now);
    series->faulted += now.ru_minflt > before.ru_minflt;
    series->switched += now.ru_minflt == before.ru_minflt && now.ru_nivcsw > before.ru_nivcsw;
    before = now;
}

static void log_row(struct baro_run *run, double value) {
    static const char *const keys[KEY_COUNT] = { "loss", "acc", "lr", "grad", "m4", "m5", "m6", "m7" };
    struct baro_row *row = baro_row_begin(run, BARO_HISTORY);
    for (int i = 0; i < KEY_COUNT; i++)
        baro_row_number(row, keys[i], value * (i + 1));
    (void)baro_row_commit(row, NULL, NULL);
}

static void time_rows(struct baro_run *run, int from, int count) {
    for (int i = from; i < from + count; i++) {
        int64_t begin_ns = clock_mono_ns();
        log_row(run, 1.0 / (i + 1));
        note(&logged, i, begin_ns);
    }
}

/* Nothing but registers: no memory, no system call. */
static void time_arithmetic(int from, int count, int rounds) {
    for (int i = from; i < from + count; i++) {
        int64_t begin_ns = clock_mono_ns();
        double value = sink;
        for (int round = 0; round < rounds; round++)
            value = value * 0.999 + 1e-3;
        sink = value;
        note(&arithmetic, i, begin_ns);
    }
}

static int64_t median_of(struct series *series, int count) {
    qsort(series->took_ns, (size_t)count, sizeof series->took_ns[0], compare);
    return series->took_ns[count / 2];
}

/* How many rounds take as long as a row. */
static int choose_rounds(struct baro_run *run) {
    int rounds = 100;
    time_rows(run, 0, FAST_TURN);
    int64_t wanted_ns = median_of(&logged, FAST_TURN);
    time_arithmetic(0, FAST_TURN, rounds);
    int64_t got_ns = median_of(&arithmetic, FAST_TURN);
    return (int)(rounds * wanted_ns / (got_ns > 0 ? got_ns : 1));
}

static void print(struct series *series, int count) {
    int long_count = 0;
    for (int i = 0; i < count; i++)
        long_count += series->took_ns[i] > LONG_NS;
    int64_t median_ns = median_of(series, count);
    printf("  %-10s  median %lld ns, p99 %lld ns, p99.9 %lld ns, longest %lld us; longer than 10 us: %d of %d, %d with faults, "
           "%d switched away from\n",
           series->name, (long long)median_ns, (long long)series->took_ns[count - count / 100],
           (long long)series->took_ns[count - count / 1000], (long long)series->took_ns[count - 1] / 1000, long_count, count,
           series->faulted, series->switched);
    series->faulted = series->switched = 0;
}

static void measure_fast(struct baro_run *run, int rounds) {
    for (int i = 0; i < FAST_COUNT; i += FAST_TURN) {
        time_rows(run, i, FAST_TURN);
        time_arithmetic(i, FAST_TURN, rounds);
    }
    printf("8 doubles from C, as fast as it goes\n");
    print(&logged, FAST_COUNT);
    print(&arithmetic, FAST_COUNT);
}

/* As a training does it: what is not used for a millisecond leaves the caches, and pages go to the disk meanwhile. */
static void measure_paced(struct baro_run *run, int rounds) {
    const struct timespec pace = { .tv_nsec = PACE_NS };
    for (int i = 0; i < PACED_COUNT; i++) {
        (void)nanosleep(&pace, NULL);
        time_rows(run, i, 1);
        (void)nanosleep(&pace, NULL);
        time_arithmetic(i, 1, rounds);
    }
    printf("8 doubles from C, one row in 2 ms\n");
    print(&logged, PACED_COUNT);
    print(&arithmetic, PACED_COUNT);
}

int main(int argc, char **argv) {
    struct baro_error error;
    struct baro_run *run;
    if (argc != 3)
        return 2;
    const struct baro_settings settings = { .dir = argv[1], .sender_path = argv[2], .mode = BARO_OFFLINE };
    if (baro_open(&run, &settings, &error) != BARO_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    memset(logged.took_ns, 1, sizeof logged.took_ns); /* the room for the figures shall cost no faults */
    memset(arithmetic.took_ns, 1, sizeof arithmetic.took_ns);
    int rounds = choose_rounds(run);
    measure_fast(run, rounds);
    measure_paced(run, rounds);
    return baro_finish(run, 0, &error);
}
