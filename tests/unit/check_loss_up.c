/* loss.up: its cases are in unit/loss_row.h. */
#define LOSS_ROW loss_up
#define LOSS_NEED NEED_LOSS_UP
#define LOSS_ID "loss.up"
#include "unit/loss_row.h"
