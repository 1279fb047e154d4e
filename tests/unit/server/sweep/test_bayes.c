/* test_bayes.c - the search improves, spreads its agents, and survives what runs do. */
#include "server/sweep/bayes.h"
#include "tests/unit/server/sweep/sweep_fixture.h"

enum { TRIALS_MAX = 60 };

struct world {
    const struct space *space;
    struct trial trials[TRIALS_MAX];
    size_t count;
    struct arena *arena;
};

static struct world *make_world(const char *parameters, struct arena *arena) {
    struct world *world = ARENA_NEW(arena, struct world);
    struct sweep_config *config =
        parse_config(arena_printf(arena, "{method: bayes, metric: {name: l}, parameters: %s}", parameters).ptr, arena);
    world->space = &config->space;
    world->arena = arena;
    return world;
}

static double *next(struct world *world) {
    double *point = ARENA_ARRAY(world->arena, double, world->space->count);
    bayes_next(world->space, world->trials, world->count, 42, world->count, point, world->arena);
    return point;
}

static void add(struct world *world, double *point, double value, enum trial_state state) {
    world->trials[world->count++] = (struct trial){ point, value, state };
}

static double bowl(const double *x) {
    return pow(x[0] - 0.3, 2) + pow(x[1] - 0.8, 2);
}

static double best_of(const struct world *world) {
    double best = INFINITY;
    for (size_t i = 0; i < world->count; i++)
        if (world->trials[i].state == TRIAL_DONE)
            best = fmin(best, world->trials[i].value);
    return best;
}

#define TWO "{a: {min: 0.0, max: 1.0}, b: {min: 0.0, max: 1.0}}"

static void bayes__finds_the_bottom_of_a_bowl(void **state) {
    struct world *world = make_world(TWO, *state);
    for (int i = 0; i < 20; i++) {
        double *point = next(world);
        add(world, point, bowl(point), TRIAL_DONE);
    }
    assert_true(best_of(world) < 1e-4); /* twenty random points come to 1e-2 */
}

static void bayes__repeats_itself(void **state) {
    struct world *world = make_world(TWO, *state);
    for (int i = 0; i < 12; i++) {
        double *point = next(world);
        assert_memory_equal(point, next(world), 2 * sizeof *point);
        add(world, point, bowl(point), TRIAL_DONE);
    }
}

/* The first points fill the box: no two of ten are close. */
static void bayes__begins_evenly(void **state) {
    struct world *world = make_world(TWO, *state);
    double closest = INFINITY;
    for (int i = 0; i < 10; i++)
        add(world, next(world), 0, TRIAL_RUNNING);
    for (size_t i = 0; i < world->count; i++)
        for (size_t k = 0; k < i; k++)
            closest = fmin(closest, hypot(world->trials[i].point[0] - world->trials[k].point[0], world->trials[i].point[1] - world->trials[k].point[1]));
    assert_true(closest > 0.1);
}

static void bayes__sends_agents_side_by_side_apart(void **state) {
    struct world *world = make_world(TWO, *state);
    for (int i = 0; i < 10; i++) {
        double *point = next(world);
        add(world, point, bowl(point), TRIAL_DONE);
    }
    for (int i = 0; i < 8; i++)
        add(world, next(world), 0, TRIAL_RUNNING);
    for (size_t i = 10; i < world->count; i++)
        for (size_t k = 0; k < i; k++)
            assert_true(hypot(world->trials[i].point[0] - world->trials[k].point[0], world->trials[i].point[1] - world->trials[k].point[1]) > 1e-3);
}

static void bayes__tries_each_of_few_values_before_any_again(void **state) {
    struct world *world = make_world("{n: {min: 1, max: 6}, kind: {values: [x, y]}, one: {value: 5}}", *state);
    bool seen[7][2] = { 0 };
    for (int i = 0; i < 12; i++) {
        double *point = next(world);
        assert_false(seen[(int)point[0]][(int)point[1]]);
        seen[(int)point[0]][(int)point[1]] = true;
        add(world, point, fabs(point[0] - 4) + point[1], TRIAL_DONE);
    }
    (void)next(world); /* nothing is left: anything will do */
}

static void bayes__keeps_away_from_where_runs_fail(void **state) {
    struct world *world = make_world(TWO, *state);
    size_t failed_late = 0;
    for (int i = 0; i < 40; i++) {
        double *point = next(world);
        bool fails = point[0] > 0.5;
        failed_late += fails && i >= 20;
        add(world, point, bowl(point), fails ? TRIAL_FAILED : TRIAL_DONE);
    }
    assert_true(best_of(world) < 1e-3);
    assert_true(failed_late < 8);
}

static void bayes__survives_values_without_sense(void **state) {
    static const double values[] = { 5, 5, 1e300, -1e300, 1e-300, 0 };
    struct world *world = make_world(TWO, *state);
    for (size_t i = 0; i < 40; i++) {
        double *point = next(world);
        assert_true(point[0] >= 0 && point[0] <= 1 && point[1] >= 0 && point[1] <= 1);
        add(world, point, values[i < 12 ? i % 2 : i % 6], i % 7 == 0 ? TRIAL_FAILED : TRIAL_DONE);
    }
}

/* As many runs as no process could hold: the work stays bounded and the bottom is found all the same. */
static void bayes__looks_at_a_choice_of_very_many_runs(void **state) {
    struct world *world = make_world(TWO, *state);
    size_t count = 2000;
    struct trial *trials = ARENA_ARRAY(*state, struct trial, count);
    double *point = ARENA_ARRAY(*state, double, 2);
    for (size_t i = 0; i < count; i++) {
        double *at = ARENA_ARRAY(*state, double, 2);
        at[0] = fmod((double)i * 0.754877666, 1);
        at[1] = fmod((double)i * 0.569840291, 1);
        trials[i] = (struct trial){ at, bowl(at), TRIAL_DONE };
    }
    bayes_next(world->space, trials, count, 1, count, point, *state);
    assert_true(bowl(point) < 1e-3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ARENA_TEST(bayes__finds_the_bottom_of_a_bowl),
        ARENA_TEST(bayes__repeats_itself),
        ARENA_TEST(bayes__begins_evenly),
        ARENA_TEST(bayes__sends_agents_side_by_side_apart),
        ARENA_TEST(bayes__tries_each_of_few_values_before_any_again),
        ARENA_TEST(bayes__keeps_away_from_where_runs_fail),
        ARENA_TEST(bayes__survives_values_without_sense),
        ARENA_TEST(bayes__looks_at_a_choice_of_very_many_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
