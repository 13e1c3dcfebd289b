/* The example of the README: two functions of a bank, and fix.patch mends the first. */
#include <stdio.h>

int f1(int balance, int amount)
{
    return balance - amount;
}

int f2(int balance)
{
    if (balance < 0)
        printf("file1.c:%d: the account is overdrawn\n", __LINE__);
    return balance;
}
