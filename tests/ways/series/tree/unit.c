extern int printk(const char *format, ...);

int first(int a)
{
    return printk("%d %d", __LINE__, a);
}

int between(void)
{
    return printk("%d", __LINE__);
}

int second(int a)
{
    return printk("%d %d", __LINE__, a);
}

int below(void)
{
    return printk("%d", __LINE__);
}
