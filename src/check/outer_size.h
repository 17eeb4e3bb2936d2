/*
 * Are outer messages larger than what they carry explains?
 */
#ifndef CHECK_OUTER_SIZE_H
#define CHECK_OUTER_SIZE_H

#include "model/facts.h"

/*
 * Bytes per packet that what that end sends is larger than what it was given; 0: none, or not
 * told.
 */
int64_t outer_size_excess(const struct facts *facts, enum end end);
/*
 * Bytes, in all, that what the far end answers is larger than what it was asked; 0: none, or not
 * told.
 * To be asked only where nothing came out of the near tun: then nothing but our own pings was
 * under way.
 */
int64_t outer_size_of_answers(const struct facts *facts);
/*
 * May all that came be ICMP errors about what was asked? They are larger than any answer, by the
 * header that they put before what they quote. To be asked as the former.
 */
bool outer_size_is_of_errors(const struct facts *facts);

#endif
