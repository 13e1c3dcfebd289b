extern int printk(const char *format, ...);
extern int flag;

static __attribute__((noinline)) int f(int a)
{
    printk("x %d", a * flag);
    return a * flag;
}

void g(int a)
{
    f(a + 2);
    f(a + 7);
}
