#include "check.h"

int two(int a) { return other(checked(a)); }
int two_plain(int a) { return printk("%d", __LINE__ + a); }
