extern int printk(const char *format, ...);

/* Words
   that go. */

int unused(void)
{
    return printk("unused");
}

int f(int a)
{
    if ( a > 3 )
        return 1;
    return printk("%d %d", __LINE__, a);
}

int below(void)
{
    return printk("%d", __LINE__);
}
