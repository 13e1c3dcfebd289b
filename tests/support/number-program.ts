/** Answers each number with what `entry` makes of it. */
export const MAIN = `#include <stdio.h>
int entry(int);
int main(void)
{
    int n;
    printf("=\\n");
    fflush(stdout);
    while (scanf("%d", &n) == 1) { printf("%d\\n=\\n", entry(n)); fflush(stdout); }
    return 0;
}
`
