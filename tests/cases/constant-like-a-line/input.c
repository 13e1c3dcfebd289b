extern int printk(const char *format, ...);

int f(void)
{
    return printk("limit %d", 5);
}
