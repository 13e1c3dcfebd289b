extern int printk(const char *format, ...);

static __attribute__((noinline)) int f(int a, int b)
{
    printk("x");
    return b ? a * 3 : a / 7;
}

int g(int a) { return f(a, 1); }
int h(int a) { return f(a + 1, 1); }
