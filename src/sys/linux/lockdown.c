#include "sys/linux/lockdown.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* "none [integrity] confidentiality" */
static bool is_now(const char *kind)
{
	int fd = open("/sys/kernel/security/lockdown", O_RDONLY | O_CLOEXEC);
	char text[64] = "";

	if (fd < 0)
		return false;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	return strstr(text, kind) != NULL;
}

bool lockdown_is_on(void)
{
	return is_now("[integrity]") || lockdown_is_confidential();
}

bool lockdown_is_confidential(void)
{
	return is_now("[confidentiality]");
}
