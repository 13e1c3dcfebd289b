extern int printk(const char *format, ...);

static inline int checked(int a)
{
    if ( a > 100 )
        printk("%s:%d", "check.h", __LINE__);
    return a & 0xff;
}

static inline int other(int a)
{
    if ( a > 7 )
        printk("%s:%d", "check.h", __LINE__);
    return a;
}
