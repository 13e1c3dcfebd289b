extern int printk(const char *format, ...);

int f1(int a)
{
    return printk("f1") + a;
}

int f2(int a)
{
    if (a < 0)
        printk("negative at line %d\n", __LINE__);
    return a * 200;
}
