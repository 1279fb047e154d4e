/* clock.c - see clock.h. */
#include "base/clock.h"

static int64_t now_ns(clockid_t clock) {
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static _Atomic int64_t wall_offset_ms; /* of the whole process, as the clock itself */

void clock_shift_wall_ms(int64_t by_ms) {
    wall_offset_ms += by_ms;
}

int64_t clock_wall_ms(void) {
    return now_ns(CLOCK_REALTIME) / 1000000 + wall_offset_ms;
}

int64_t clock_mono_ns(void) {
    return now_ns(CLOCK_MONOTONIC);
}

int64_t clock_mono_ms(void) {
    return clock_mono_ns() / 1000000;
}

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar, counted in 400-year eras from March. */
static int64_t days_from_date(int64_t year, int month, int day) {
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void clock_format_iso(char out[CLOCK_ISO_MAX], int64_t wall_ms) {
    const int64_t last_ms = 253402300799999; /* the end of year 9999 */
    struct tm parts;

    if (wall_ms < 0)
        wall_ms = 0;
    if (wall_ms > last_ms)
        wall_ms = last_ms;
    time_t seconds = wall_ms / 1000;
    (void)gmtime_r(&seconds, &parts);
    (void)snprintf(out, CLOCK_ISO_MAX, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)(parts.tm_year + 1900) % 10000,
                   (unsigned)(parts.tm_mon + 1) % 100, (unsigned)parts.tm_mday % 100, (unsigned)parts.tm_hour % 100,
                   (unsigned)parts.tm_min % 100, (unsigned)parts.tm_sec % 100, (unsigned)(wall_ms % 1000));
}

/* Reads exactly `digits` digits, and the character before them when there is one. */
static bool take_number(struct str *text, char before, size_t digits, int *out) {
    uint64_t value;
    if (before != '\0') {
        if (text->len == 0 || text->ptr[0] != before)
            return false;
        *text = str_from(*text, 1);
    }
    if (text->len < digits || !str_to_u64(str_slice(*text, 0, digits), &value))
        return false;
    *text = str_from(*text, digits);
    *out = (int)value;
    return true;
}

static void take_fraction(struct str *text, int *millisecond) {
    int weight = 100;
    if (text->len < 2 || (text->ptr[0] != '.' && text->ptr[0] != ',') || text->ptr[1] < '0' || text->ptr[1] > '9')
        return;
    *text = str_from(*text, 1);
    for (; text->len > 0 && text->ptr[0] >= '0' && text->ptr[0] <= '9'; *text = str_from(*text, 1), weight /= 10)
        *millisecond += weight * (text->ptr[0] - '0');
}

static bool take_zone(struct str *text, int *offset_minutes) {
    int hours, minutes = 0;
    if (text->len == 0)
        return true;
    char sign = text->ptr[0];
    if (sign == 'Z' || sign == 'z') {
        *text = str_from(*text, 1);
        return true;
    }
    if ((sign != '+' && sign != '-') || !take_number(text, sign, 2, &hours))
        return false;
    if (text->len > 0 && !take_number(text, text->ptr[0] == ':' ? ':' : '\0', 2, &minutes))
        return false;
    if (hours > 23 || minutes > 59)
        return false;
    *offset_minutes = (sign == '-' ? -1 : 1) * (hours * 60 + minutes);
    return true;
}

static bool is_date(int year, int month, int day) {
    static const int month_days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    if (month < 1 || month > 12 || day < 1)
        return false;
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= month_days[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

bool clock_parse_iso(struct str text, int64_t *wall_ms) {
    int year, month, day, hour = 0, minute = 0, second = 0, millisecond = 0, offset_minutes = 0;

    if (!take_number(&text, '\0', 4, &year) || !take_number(&text, '-', 2, &month) || !take_number(&text, '-', 2, &day))
        return false;
    if (!is_date(year, month, day))
        return false;
    if (text.len > 0) {
        char separator = text.ptr[0] == ' ' ? ' ' : 'T';
        if (!take_number(&text, separator, 2, &hour) || !take_number(&text, ':', 2, &minute))
            return false;
        if (text.len > 0 && text.ptr[0] == ':') {
            if (!take_number(&text, ':', 2, &second))
                return false;
            take_fraction(&text, &millisecond);
        }
        if (!take_zone(&text, &offset_minutes))
            return false;
    }
    if (text.len > 0 || hour > 23 || minute > 59 || second > 60)
        return false;
    int64_t minutes = days_from_date(year, month, day) * 1440 + hour * 60 + minute - offset_minutes;
    *wall_ms = (minutes * 60 + second) * 1000 + millisecond;
    return true;
}
