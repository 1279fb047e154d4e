/* rng.h - random numbers that repeat: the same seed gives the same search, on every machine.
 *
 * Not for secrets. Threads: a struct rng belongs to one thread. Memory: none.
 */
#ifndef SERVER_SWEEP_RNG_H
#define SERVER_SWEEP_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t state[4];
};

/* Each (seed, stream) is a sequence of its own. */
void rng_init(struct rng *rng, uint64_t seed, uint64_t stream);
uint64_t rng_bits(struct rng *rng);
double rng_unit(struct rng *rng);                /* above 0 and below 1 */
double rng_normal(struct rng *rng);              /* mean 0, deviation 1 */
size_t rng_below(struct rng *rng, size_t count); /* 0 to count - 1; count is not 0 */

#endif
