/* number.cc - see number.h. The one C++ file: no exceptions, no streams, nothing that allocates. */
#include "base/number.h"

#include "base/decimal.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <system_error>
#ifndef __cpp_lib_to_chars
#include <xlocale.h>
#endif

static size_t copy_text(char *out, const char *text) {
    size_t len = std::strlen(text);
    std::memcpy(out, text, len);
    return len;
}

size_t number_from_double(char out[NUMBER_TEXT_MAX], double value) {
    size_t len = decimal_from_double(out, value);
    if (len > 0)
        return len;
    if (std::isnan(value))
        return copy_text(out, "NaN");
    if (std::isinf(value))
        return copy_text(out, value > 0 ? "Infinity" : "-Infinity");
    char *end = std::to_chars(out, out + NUMBER_TEXT_MAX, value).ptr;
    for (const char *p = out; p != end; p++)
        if (*p == '.' || *p == 'e')
            return static_cast<size_t>(end - out);
    *end++ = '.';
    *end++ = '0';
    return static_cast<size_t>(end - out);
}

size_t number_from_i64(char out[NUMBER_TEXT_MAX], int64_t value) {
    return static_cast<size_t>(std::to_chars(out, out + NUMBER_TEXT_MAX, value).ptr - out);
}

size_t number_from_u64(char out[NUMBER_TEXT_MAX], uint64_t value) {
    return static_cast<size_t>(std::to_chars(out, out + NUMBER_TEXT_MAX, value).ptr - out);
}

#ifdef __cpp_lib_to_chars

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* from_chars says "out of range" alike for too large and too small; the power of ten of the first digit that is
 * not zero tells them apart. It is saturated, for the digits may be many. */
static bool is_below_one(const char *text, const char *end) {
    long long power = 0, exponent = 0;
    bool has_point = false, has_digit = false, is_negative = false;
    const long long enough = 1000000000000;

    for (; text != end && *text != 'e' && *text != 'E'; text++) {
        has_point = has_point || *text == '.';
        has_digit = has_digit || (*text >= '1' && *text <= '9');
        if (is_digit(*text) && has_digit && !has_point)
            power++;
        if (*text == '0' && !has_digit && has_point)
            power--;
    }
    for (; text != end; text++) {
        is_negative = is_negative || *text == '-';
        if (is_digit(*text) && exponent < enough)
            exponent = exponent * 10 + (*text - '0');
    }
    return power + (is_negative ? -exponent : exponent) < 0;
}

double number_to_double(const char *text, size_t len) {
    double value = 0;
    std::from_chars_result result = std::from_chars(text, text + len, value);
    if (result.ec != std::errc::result_out_of_range)
        return value;
    value = is_below_one(text, text + len) ? 0.0 : std::numeric_limits<double>::infinity();
    return len > 0 && text[0] == '-' ? -value : value;
}

#else /* a C++ library that reads no doubles yet: strtod reads them as exactly, ten times slower */

double number_to_double(const char *text, size_t len) {
    static const locale_t plain = newlocale(LC_ALL_MASK, "C", nullptr);
    char room[512];
    char *copy = len < sizeof room ? room : static_cast<char *>(std::malloc(len + 1));
    if (copy == nullptr)
        return 0;
    std::memcpy(copy, text, len);
    copy[len] = '\0';
    double value = strtod_l(copy, nullptr, plain);
    if (copy != room)
        std::free(copy);
    return value;
}

#endif
