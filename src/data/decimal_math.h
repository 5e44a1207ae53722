/* Roots, exponentials and logarithms of decimals, with PostgreSQL's digits and scales.
 *
 * They are computed in fixed point with far more bits than the result has, then rounded once. Where
 * PostgreSQL's own result is the correctly rounded one (all but about one in 10^8), both agree in
 * every digit. out may be an argument. All: FLAW_NUMERIC when the result does not fit 38 digits. */
#pragma once

#include "data/decimal.h"

/* FLAW_SQRT_NEGATIVE. */
MUST_USE enum flaw decimal_sqrt(const struct decimal *a, struct decimal *out);
MUST_USE enum flaw decimal_exp(const struct decimal *a, struct decimal *out);
/* FLAW_LOG_ZERO, FLAW_LOG_NEGATIVE; the next one too. */
MUST_USE enum flaw decimal_ln(const struct decimal *a, struct decimal *out);
/* log(base, a); log(a) is log(10, a). Also FLAW_DIVISION_BY_ZERO for base 1. */
MUST_USE enum flaw decimal_log(const struct decimal *base, const struct decimal *a,
                               struct decimal *out);
/* a ^ b. FLAW_POWER_ZERO, FLAW_POWER_COMPLEX. */
MUST_USE enum flaw decimal_power(const struct decimal *a, const struct decimal *b,
                                 struct decimal *out);
