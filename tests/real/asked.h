/*
 * Reads a line, a letter and a number; answers whether there was one. It waits in a frame of its own that has nothing but
 * what it needs: what a larger one holds is left over from calls before, and an apply waits for it.
 */
#include <unistd.h>

static int next(char *letter, int *number)
{
  char read_one;
  *letter = 0;
  while (read(0, &read_one, 1) == 1) {
    if (read_one >= 'a') { *letter = read_one; *number = 0; }
    else if (read_one != '\n') *number = *number * 10 + (read_one - '0');
    else if (*letter != 0) return 1;
  }
  return 0;
}
