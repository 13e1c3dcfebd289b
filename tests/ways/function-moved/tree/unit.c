extern int printk(const char *format, ...);

int plain(int a)
{
    return printk("%d", a);
}

int numbered(int a)
{
    return printk("%d %d", __LINE__, a);
}

int below(int a)
{
    if ( a > 3 )
        printk("more than %d", 3);
    if ( a > 4 )
        printk("more than %d", 4);
    if ( a > 5 )
        printk("more than %d", 5);
    return printk("%d", __LINE__);
}
