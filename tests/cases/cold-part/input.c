extern int printk(const char *format, ...);
extern void complain(int) __attribute__((cold));
extern int use(int);

int f(int a)
{
    if (a < 0) {
        complain(a);
        printk("bad %d", a);
        return use(7);
    }
    return use(a) + 1;
}
