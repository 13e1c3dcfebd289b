#include "include/old.h"

int f(int a) { return checked(a); }
int g(int a) { return printk("%d", __LINE__ + a); }
