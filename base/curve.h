/* curve.h - the elliptic curves of this project, P-256 and P-384 (SP 800-186,
 * sections 3.2.1.3 and 3.2.1.4). Making a group costs libcrypto many times
 * what checking a point on it does; each is made once in a process. */

#ifndef BASE_CURVE_H
#define BASE_CURVE_H

struct ec_group_st; /* libcrypto's EC_GROUP */

/* Borrowed for as long as the process runs, for any thread, never changed.
 * NULL when there is no memory to make it; the next call tries again. */
const struct ec_group_st *curve_p256(void);
const struct ec_group_st *curve_p384(void);

#endif
