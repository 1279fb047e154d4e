/* special.c - see special.h. */
#include "server/sweep/special.h"

#include <math.h>

double special_normal_density(double x) {
    return exp(-0.5 * x * x) / sqrt(2 * M_PI);
}

double special_normal_cdf(double x) {
    return 0.5 * erfc(-x * M_SQRT1_2);
}

/* A rational first guess (Abramowitz and Stegun, 26.2.22), then Halley's steps on the exact function. */
double special_normal_quantile(double probability) {
    double tail = probability < 0.5 ? probability : 1 - probability, t, x;

    if (!(tail > 0))
        return probability < 0.5 ? -INFINITY : INFINITY;
    t = sqrt(-2 * log(tail));
    x = (2.30753 + 0.27061 * t) / (1 + t * (0.99229 + t * 0.04481)) - t; /* of the lower tail */
    for (int i = 0; i < 3; i++) {
        double step = (special_normal_cdf(x) - tail) / special_normal_density(x);
        x -= step / (1 + 0.5 * x * step);
    }
    return probability < 0.5 ? x : -x;
}

static double log_gamma(double x) {
    int sign;
    return lgamma_r(x, &sign);
}

/* The continued fraction of the incomplete beta function, by Lentz's method; converges fast below the mean. */
static double beta_fraction(double x, double a, double b) {
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1), out;

    d = 1 / (fabs(d) < tiny ? tiny : d);
    out = d;
    for (int m = 1; m <= 500; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double change = 1;
        for (int half = 0; half < 2; half++) {
            double factor = half == 0 ? even : odd;
            d = 1 + factor * d;
            c = 1 + factor / c;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = fabs(c) < tiny ? tiny : c;
            change = c * d;
            out *= change;
        }
        if (fabs(change - 1) < 1e-15)
            break;
    }
    return out;
}

double special_beta_cdf(double x, double a, double b) {
    double front;

    if (!(x > 0))
        return 0;
    if (x >= 1)
        return 1;
    front = exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2))
        return front * beta_fraction(x, a, b) / a;
    return 1 - front * beta_fraction(1 - x, b, a) / b;
}

/* By halving: slow and sure, for shapes of any size. */
double special_beta_quantile(double probability, double a, double b) {
    double low = 0, high = 1;

    if (!(probability > 0))
        return 0;
    if (probability >= 1)
        return 1;
    for (int i = 0; i < 100 && high - low > 1e-15 * high; i++) {
        double middle = 0.5 * (low + high);
        if (special_beta_cdf(middle, a, b) < probability)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}
