/* decimal.c - see decimal.h. Giulietti's Schubfach method, where powers of ten need no rounding: within 128 bits they are
 * exact up to 10^38, and a table of 39 does.
 *
 * A log() of eight numbers spent a third of its time in the C++ library's to_chars, which knows every double; this takes a
 * third of that.
 */
#include "base/decimal.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
    FRACTION_BITS = 52,
    EXPONENT_BIAS = 1075, /* of an exponent that counts from the last bit */
    LOWEST_EXPONENT = -125, /* 10^38 brings all digits of such a fraction before the point */
    POWER_COUNT = 39,
    DIGITS_MAX = 17,
};
static const double values_end = 1e14; /* so that what is put behind the point ends within the room */

__extension__ typedef unsigned __int128 wide;

/* 10^i, its first bit moved to the top. */
#define P(high, low) { UINT64_C(high), UINT64_C(low) }
static const struct {
    uint64_t high, low;
} powers[POWER_COUNT] = {
    P(0x8000000000000000, 0x0000000000000000), /* 10^0 */
    P(0xA000000000000000, 0x0000000000000000), /* 10^1 */
    P(0xC800000000000000, 0x0000000000000000), /* 10^2 */
    P(0xFA00000000000000, 0x0000000000000000), /* 10^3 */
    P(0x9C40000000000000, 0x0000000000000000), /* 10^4 */
    P(0xC350000000000000, 0x0000000000000000), /* 10^5 */
    P(0xF424000000000000, 0x0000000000000000), /* 10^6 */
    P(0x9896800000000000, 0x0000000000000000), /* 10^7 */
    P(0xBEBC200000000000, 0x0000000000000000), /* 10^8 */
    P(0xEE6B280000000000, 0x0000000000000000), /* 10^9 */
    P(0x9502F90000000000, 0x0000000000000000), /* 10^10 */
    P(0xBA43B74000000000, 0x0000000000000000), /* 10^11 */
    P(0xE8D4A51000000000, 0x0000000000000000), /* 10^12 */
    P(0x9184E72A00000000, 0x0000000000000000), /* 10^13 */
    P(0xB5E620F480000000, 0x0000000000000000), /* 10^14 */
    P(0xE35FA931A0000000, 0x0000000000000000), /* 10^15 */
    P(0x8E1BC9BF04000000, 0x0000000000000000), /* 10^16 */
    P(0xB1A2BC2EC5000000, 0x0000000000000000), /* 10^17 */
    P(0xDE0B6B3A76400000, 0x0000000000000000), /* 10^18 */
    P(0x8AC7230489E80000, 0x0000000000000000), /* 10^19 */
    P(0xAD78EBC5AC620000, 0x0000000000000000), /* 10^20 */
    P(0xD8D726B7177A8000, 0x0000000000000000), /* 10^21 */
    P(0x878678326EAC9000, 0x0000000000000000), /* 10^22 */
    P(0xA968163F0A57B400, 0x0000000000000000), /* 10^23 */
    P(0xD3C21BCECCEDA100, 0x0000000000000000), /* 10^24 */
    P(0x84595161401484A0, 0x0000000000000000), /* 10^25 */
    P(0xA56FA5B99019A5C8, 0x0000000000000000), /* 10^26 */
    P(0xCECB8F27F4200F3A, 0x0000000000000000), /* 10^27 */
    P(0x813F3978F8940984, 0x4000000000000000), /* 10^28 */
    P(0xA18F07D736B90BE5, 0x5000000000000000), /* 10^29 */
    P(0xC9F2C9CD04674EDE, 0xA400000000000000), /* 10^30 */
    P(0xFC6F7C4045812296, 0x4D00000000000000), /* 10^31 */
    P(0x9DC5ADA82B70B59D, 0xF020000000000000), /* 10^32 */
    P(0xC5371912364CE305, 0x6C28000000000000), /* 10^33 */
    P(0xF684DF56C3E01BC6, 0xC732000000000000), /* 10^34 */
    P(0x9A130B963A6C115C, 0x3C7F400000000000), /* 10^35 */
    P(0xC097CE7BC90715B3, 0x4B9F100000000000), /* 10^36 */
    P(0xF0BDC21ABB48DB20, 0x1E86D40000000000), /* 10^37 */
    P(0x96769950B50D88F4, 0x1314448000000000), /* 10^38 */
};
#undef P

struct decimal {
    uint64_t digits;
    int exponent;
};

static int floor_log10_of_power2(int exponent) {
    return (exponent * 1262611) >> 22;
}

/* Of three quarters of it. */
static int floor_log10_of_short_power2(int exponent) {
    return (exponent * 1262611 - 524031) >> 22;
}

static int floor_log2_of_power10(int exponent) {
    return (exponent * 1741647) >> 19;
}

/* The product's upper part; its last bit says that there was something behind it. */
static uint64_t scale(int power, uint64_t value) {
    wide low = (wide)powers[power].low * value;
    wide high = (wide)powers[power].high * value + (uint64_t)(low >> 64);
    return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

/* Everything here counts in quarters of the last digit: the value, and the ends of what reads back as it. */
static struct decimal shortest(uint64_t fraction, int exponent) {
    bool is_even = (fraction & 1) == 0, is_power2 = fraction == UINT64_C(1) << FRACTION_BITS;
    int power = is_power2 ? floor_log10_of_short_power2(exponent) : floor_log10_of_power2(exponent);
    int shift = exponent + floor_log2_of_power10(-power) + 1;
    uint64_t value = scale(-power, 4 * fraction << shift);
    uint64_t lower = scale(-power, (4 * fraction - (is_power2 ? 1 : 2)) << shift) + !is_even;
    uint64_t upper = scale(-power, (4 * fraction + 2) << shift) - !is_even;
    uint64_t digits = value / 4, tens = digits / 10;
    bool is_tens_inside = lower <= 40 * tens, is_next_tens_inside = 40 * tens + 40 <= upper;
    if (digits >= 10 && is_tens_inside != is_next_tens_inside)
        return (struct decimal){ tens + is_next_tens_inside, power + 1 };
    bool is_inside = lower <= 4 * digits, is_next_inside = 4 * digits + 4 <= upper;
    if (is_inside != is_next_inside)
        return (struct decimal){ digits + is_next_inside, power };
    uint64_t middle = 4 * digits + 2;
    bool is_nearer_next = value > middle || (value == middle && (digits & 1) != 0);
    return (struct decimal){ digits + is_nearer_next, power };
}

/* Eight digits, one in a byte, the first in the lowest: three divisions for all of them. */
static uint64_t eight_digits(uint32_t value) {
    uint64_t fours = value / 10000 | (uint64_t)(value % 10000) << 32;
    uint64_t hundreds = (fours * 10486 >> 20) & UINT64_C(0x7F0000007F);
    uint64_t twos = hundreds | (fours - 100 * hundreds) << 16;
    uint64_t tens = (twos * 103 >> 10) & UINT64_C(0x000F000F000F000F);
    return tens | (twos - 10 * tens) << 8;
}

/* A number's digits as text: the first, and the others in one piece, whose lowest byte is the second. */
struct digits {
    char first;
    wide others;
    int count, zeros_before; /* of DIGITS_MAX */
};

static struct digits take_digits(uint64_t value) {
    const uint64_t ascii = UINT64_C(0x3030303030303030);
    uint64_t upper = value / 100000000;
    uint64_t first = upper / 100000000, middle = eight_digits((uint32_t)(upper % 100000000));
    uint64_t last = eight_digits((uint32_t)(value % 100000000));
    wide others = (wide)(last | ascii) << 64 | (middle | ascii);
    int begin = first != 0 ? 0 : middle != 0 ? 1 + __builtin_ctzll(middle) / 8 : last != 0 ? 9 + __builtin_ctzll(last) / 8 : 16;
    int end = last != 0 ? 17 - __builtin_clzll(last) / 8 : middle != 0 ? 9 - __builtin_clzll(middle) / 8 : begin + 1;
    if (begin == 0)
        return (struct digits){ (char)('0' + first), others, end > 0 ? end : 1, 0 };
    others >>= 8 * (begin - 1);
    return (struct digits){ (char)others, others >> 8, end - begin, begin };
}

/* Always as many bytes as it can be, whatever counts of them: what is written in pieces and read again in one, or copied
 * by a length that is not known before, takes several times as long. */
static void put(char *out, wide digits) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    digits = (wide)__builtin_bswap64((uint64_t)digits) << 64 | __builtin_bswap64((uint64_t)(digits >> 64));
#endif
    memcpy(out, &digits, sizeof digits);
}

static size_t put_exponent(char *out, struct digits digits, int exponent) {
    int size = exponent < 0 ? -exponent : exponent;
    size_t len = digits.count > 1 ? (size_t)digits.count + 1 : 1;
    out[0] = digits.first;
    out[1] = '.';
    put(out + 2, digits.others);
    const char end[4] = { 'e', exponent < 0 ? '-' : '+', (char)('0' + size / 10), (char)('0' + size % 10) };
    memcpy(out + len, end, sizeof end);
    return len + sizeof end;
}

static size_t put_decimal(char *out, struct decimal decimal) {
    struct digits digits = take_digits(decimal.digits);
    int count = digits.count, point = DIGITS_MAX - digits.zeros_before + decimal.exponent; /* behind so many digits */
    int plain_len = point <= 0 ? 2 - point + count : point < count ? count + 1 : point;
    if (plain_len > count + (count > 1) + 4)
        return put_exponent(out, digits, point - 1);
    if (point <= 0) {
        memcpy(out, "0.0000", 6); /* with more zeros it is never plain */
        out[2 - point] = digits.first;
        put(out + 3 - point, digits.others);
        return (size_t)plain_len;
    }
    out[0] = digits.first;
    put(out + 1, digits.others);
    out[point] = '.';
    if (point >= count) {
        out[point + 1] = '0';
        return (size_t)point + 2;
    }
    put(out + point + 1, digits.others >> (8 * (point - 1)));
    return (size_t)plain_len;
}

size_t decimal_from_double(char out[DECIMAL_TEXT_MAX], double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    size_t sign = bits >> 63;
    double size = sign ? -value : value;
    if (!(size < values_end))
        return 0;
    out[0] = '-';
    uint64_t whole = (uint64_t)size;
    if ((double)whole == size)
        return sign + put_decimal(out + sign, (struct decimal){ whole, 0 });
    int exponent = (int)(bits >> FRACTION_BITS & 0x7FF) - EXPONENT_BIAS;
    if (exponent < LOWEST_EXPONENT)
        return 0;
    uint64_t fraction = (bits & ((UINT64_C(1) << FRACTION_BITS) - 1)) | UINT64_C(1) << FRACTION_BITS;
    return sign + put_decimal(out + sign, shortest(fraction, exponent));
}
