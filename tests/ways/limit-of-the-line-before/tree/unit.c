extern int printk(const char *format, ...);
extern int busy;

int f(void)
{
    if ( busy )
        printk("busy at line %d", __LINE__);
    return printk("limit %d", 7);
}

int g(void)
{
    return printk("limit %d", 100);
}

int below(void) { return printk("line %d", __LINE__); }
