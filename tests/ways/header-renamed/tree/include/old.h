extern int printk(const char *format, ...);

static inline int checked(int a)
{
    if ( a > 100 )
        printk("%s:%d", __FILE__, __LINE__);
    return a & 0xff;
}
