/*
 * TROUBLESHOOTING.md, line by line, as the build put it into the program: what `wgdiag explain`
 * prints is what the file says.
 */
#ifndef CMD_EXPLAIN_TEXT_H
#define CMD_EXPLAIN_TEXT_H

extern const char *const explain_text[]; /* without newlines; NULL-terminated */

#endif
