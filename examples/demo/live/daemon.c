/*
 * A daemon that serves customers through f1 and f2 of file1.c, twenty-five a second, and never looks back. It knows
 * nothing of hotpatches. It ends by itself after two minutes, whatever becomes of who started it.
 */
#include <stdio.h>
#include <unistd.h>

int f1(int balance, int amount);
int f2(int balance);

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int customer = 1; customer <= 3000; customer++) {
        printf("customer %d asks for 25 of 10, and has %d left\n", customer, f1(10, 25));
        f2(-5);
        usleep(40000);
    }
    return 0;
}
