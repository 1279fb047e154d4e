/* minimize.c - see minimize.h. */
#include "server/sweep/minimize.h"

#include "server/sweep/linear.h"

#include <math.h>
#include <string.h>

enum { MEMORY = 6, SHORTENINGS_MAX = 20 };

struct search {
    const struct minimize_problem *problem;
    double *x, *gradient, *direction, *next_x, *next_gradient;
    double *moves[MEMORY], *turns[MEMORY]; /* differences of x and of the gradient, the newest last */
    double scales[MEMORY];                 /* 1 / (move . turn) */
    size_t memory_count;
    double value, next_value;
};

static double clamp(const struct minimize_problem *problem, double x) {
    return x < problem->lower ? problem->lower : x > problem->upper ? problem->upper : x;
}

/* A number that rests at its bound and would leave is held there. */
static bool is_held(const struct search *s, size_t i) {
    return (s->x[i] <= s->problem->lower && s->gradient[i] > 0) || (s->x[i] >= s->problem->upper && s->gradient[i] < 0);
}

/* The two-loop recursion: what the inverse Hessian that the memory holds makes of the gradient. */
static void choose_direction(struct search *s) {
    size_t count = s->problem->count;
    double weights[MEMORY];

    for (size_t i = 0; i < count; i++)
        s->direction[i] = is_held(s, i) ? 0 : -s->gradient[i];
    for (size_t k = s->memory_count; k-- > 0;) {
        weights[k] = s->scales[k] * linear_dot(s->moves[k], s->direction, count);
        linear_add(s->direction, s->turns[k], -weights[k], count);
    }
    if (s->memory_count > 0) {
        const double *turn = s->turns[s->memory_count - 1];
        double scale = 1 / (s->scales[s->memory_count - 1] * linear_dot(turn, turn, count));
        for (size_t i = 0; i < count; i++)
            s->direction[i] *= scale;
    }
    for (size_t k = 0; k < s->memory_count; k++)
        linear_add(s->direction, s->moves[k], weights[k] - s->scales[k] * linear_dot(s->turns[k], s->direction, count), count);
    for (size_t i = 0; i < count; i++)
        if (is_held(s, i))
            s->direction[i] = 0;
}

/* Shortens the step until the value falls enough. False when it never does. */
static bool step_down(struct search *s) {
    const struct minimize_problem *problem = s->problem;
    double slope = linear_dot(s->gradient, s->direction, problem->count);
    double longest = 0, length;

    if (!(slope < 0)) { /* the memory misleads: begin anew along the gradient */
        s->memory_count = 0;
        choose_direction(s);
        slope = linear_dot(s->gradient, s->direction, problem->count);
        if (!(slope < 0))
            return false;
    }
    for (size_t i = 0; i < problem->count; i++)
        longest = fmax(longest, fabs(s->direction[i]));
    length = s->memory_count == 0 ? fmin(1, 0.1 * (problem->upper - problem->lower) / longest) : 1;
    for (int i = 0; i < SHORTENINGS_MAX; i++, length *= 0.4) {
        double promised = 0;
        for (size_t k = 0; k < problem->count; k++) {
            s->next_x[k] = clamp(problem, s->x[k] + length * s->direction[k]);
            promised += s->gradient[k] * (s->next_x[k] - s->x[k]);
        }
        s->next_value = problem->function(problem->context, s->next_x, s->next_gradient);
        if (isfinite(s->next_value) && promised < 0 && s->next_value <= s->value + 1e-4 * promised)
            return true;
    }
    return false;
}

static void remember(struct search *s) {
    size_t count = s->problem->count, slot;
    double curvature = 0, turned = 0;

    for (size_t i = 0; i < count; i++) {
        double turn = s->next_gradient[i] - s->gradient[i];
        curvature += (s->next_x[i] - s->x[i]) * turn;
        turned += turn * turn;
    }
    if (!(curvature > 1e-12 * turned) || !isfinite(turned))
        return;
    if (s->memory_count == MEMORY) { /* the oldest makes room */
        double *move = s->moves[0], *turn = s->turns[0];
        memmove(s->moves, s->moves + 1, (MEMORY - 1) * sizeof *s->moves);
        memmove(s->turns, s->turns + 1, (MEMORY - 1) * sizeof *s->turns);
        memmove(s->scales, s->scales + 1, (MEMORY - 1) * sizeof *s->scales);
        s->moves[MEMORY - 1] = move;
        s->turns[MEMORY - 1] = turn;
        s->memory_count--;
    }
    slot = s->memory_count++;
    for (size_t i = 0; i < count; i++) {
        s->moves[slot][i] = s->next_x[i] - s->x[i];
        s->turns[slot][i] = s->next_gradient[i] - s->gradient[i];
    }
    s->scales[slot] = 1 / curvature;
}

double minimize(const struct minimize_problem *problem, double *x, struct arena *arena) {
    size_t count = problem->count;
    struct search s = { .problem = problem, .x = x };

    s.gradient = ARENA_ARRAY(arena, double, count);
    s.direction = ARENA_ARRAY(arena, double, count);
    s.next_x = ARENA_ARRAY(arena, double, count);
    s.next_gradient = ARENA_ARRAY(arena, double, count);
    for (size_t k = 0; k < MEMORY; k++) {
        s.moves[k] = ARENA_ARRAY(arena, double, count);
        s.turns[k] = ARENA_ARRAY(arena, double, count);
    }
    s.value = problem->function(problem->context, x, s.gradient);
    for (int i = 0; i < problem->iteration_max && isfinite(s.value); i++) {
        double before = s.value;
        choose_direction(&s);
        if (!step_down(&s))
            break;
        remember(&s);
        memcpy(x, s.next_x, count * sizeof *x);
        memcpy(s.gradient, s.next_gradient, count * sizeof *x);
        s.value = s.next_value;
        if (before - s.value < 1e-9 * (1 + fabs(before)))
            break;
    }
    return s.value;
}
