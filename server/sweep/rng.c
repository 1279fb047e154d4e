/* rng.c - see rng.h. The generator is xoshiro256**, seeded by splitmix64. */
#include "server/sweep/rng.h"

#include "server/sweep/special.h"

static uint64_t rotate(uint64_t bits, int by) {
    return (bits << by) | (bits >> (64 - by));
}

static uint64_t mix(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

void rng_init(struct rng *rng, uint64_t seed, uint64_t stream) {
    uint64_t state = seed;
    state = mix(&state) ^ (stream * 0xd1342543de82ef95U);
    for (size_t i = 0; i < 4; i++)
        rng->state[i] = mix(&state);
}

uint64_t rng_bits(struct rng *rng) {
    uint64_t *s = rng->state, out = rotate(s[1] * 5, 7) * 9, carried = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= carried;
    s[3] = rotate(s[3], 45);
    return out;
}

double rng_unit(struct rng *rng) {
    return ((double)(rng_bits(rng) >> 12) + 0.5) * 0x1p-52;
}

double rng_normal(struct rng *rng) {
    return special_normal_quantile(rng_unit(rng));
}

size_t rng_below(struct rng *rng, size_t count) {
    size_t pick = (size_t)(rng_unit(rng) * (double)count);
    return pick < count ? pick : count - 1;
}
