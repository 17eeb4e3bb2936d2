/*
 * What can be wrong with a configuration file of wg-quick(8).
 */
#ifndef MODEL_CONF_FAULT_H
#define MODEL_CONF_FAULT_H

/* How bad: by what would come of it, not by our taste. */
enum conf_grade {
	CONF_FINE,
	CONF_ODD, /* works, and is maybe not what was meant */
	CONF_CANNOT_WORK, /* is taken, and carries nothing, or not everything */
	CONF_REFUSED, /* wg or wg-quick refuses it; or it is over a limit of ours */
	CONF_GRADE_COUNT
};

enum conf_fault {
	/* of the text */
	CONF_TOO_LARGE,
	CONF_NOT_TEXT,
	CONF_BYTE_ORDER_MARK,
	CONF_LINE_TOO_LONG,
	CONF_NO_SECTION,
	/* of a line */
	CONF_NO_EQUALS,
	CONF_BEFORE_SECTION,
	CONF_UNKNOWN_SECTION,
	CONF_UNKNOWN_KEY,
	CONF_WRONG_SECTION,
	/* of a value */
	CONF_BAD_KEY,
	CONF_BAD_ADDRESS,
	CONF_BAD_ENDPOINT,
	CONF_BAD_PORT,
	CONF_BAD_NUMBER,
	CONF_BAD_WORD,
	CONF_TWICE,
	CONF_SECOND_PUBLIC_KEY,
	CONF_PORT_ZERO,
	CONF_BARE_IP6,
	CONF_HOST_BITS,
	/* of the whole */
	CONF_NO_PRIVATE_KEY,
	CONF_NO_PUBLIC_KEY,
	CONF_NO_PEER,
	CONF_OWN_PEER,
	CONF_SAME_PEER,
	CONF_SAME_ALLOWED,
	CONF_NO_ALLOWED,
	CONF_IP6_MTU,
	CONF_FAULT_COUNT
};

#endif
