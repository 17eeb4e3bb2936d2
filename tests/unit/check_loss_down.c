/* loss.down: its cases are in unit/loss_row.h. */
#define LOSS_ROW loss_down
#define LOSS_NEED NEED_LOSS_DOWN
#define LOSS_ID "loss.down"
#include "unit/loss_row.h"
