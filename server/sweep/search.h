/* search.h - the next point of a sweep that is not a grid: drawn at random, or improved upon.
 *
 * Threads: none. Memory: scratch lives in the arena.
 */
#ifndef SERVER_SWEEP_SEARCH_H
#define SERVER_SWEEP_SEARCH_H

#include "server/sweep/bayes.h"
#include "server/sweep/sweep_config.h"

/* Suggestion `number` of the sweep: the same seed, number and trials give the same point. What is being tried right
 * now is not suggested again, unless there is nothing else. The method is random or bayes. */
void search_next(const struct sweep_config *config, const struct trial *trials, size_t count, uint64_t seed, uint64_t number,
                 double *point, struct arena *arena);

#endif
