/* train.c - a training loop in C that is tracked: cc train.c -lbarograph, then look at the run's page. */
#include "client/barograph.h"

#include <math.h>
#include <stdio.h>

static int failed(const struct baro_error *error) {
    fprintf(stderr, "train: %s\n", error->message);
    return 1;
}

int main(void) {
    const struct baro_settings settings = { .project = "example", .name = "from C" };
    struct baro_error error;
    struct baro_run *run;

    if (baro_open(&run, &settings, &error) != BARO_OK)
        return failed(&error);

    struct baro_row *config = baro_row_begin(run, BARO_CONFIG);
    baro_row_number(config, "learning_rate", 0.1);
    baro_row_integer(config, "epochs", 100);
    if (baro_row_commit(config, NULL, &error) != BARO_OK)
        return failed(&error);

    const struct baro_metric accuracy = { .name = "accuracy", .summary = BARO_MAX | BARO_LAST };
    if (baro_define_metric(run, &accuracy, &error) != BARO_OK)
        return failed(&error);

    for (int epoch = 0; epoch < 100; epoch++) {
        struct baro_row *row = baro_row_begin(run, BARO_HISTORY);
        baro_row_integer(row, "epoch", epoch);
        baro_row_number(row, "loss", exp(-epoch / 30.0));
        baro_row_number(row, "accuracy", 1 - exp(-epoch / 20.0));
        if (baro_row_commit(row, NULL, &error) != BARO_OK)
            fprintf(stderr, "train: %s\n", error.message);
    }
    printf("run %s in project %s\n", baro_get(run, BARO_RUN_ID), baro_get(run, BARO_PROJECT));
    return baro_finish(run, 0, &error) == BARO_OK ? 0 : failed(&error);
}
