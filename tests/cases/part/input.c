extern int printk(const char *format, ...);
extern int flag;

static int f(int *p)
{
    int sum = 0, i;
    if (!flag)
        return 0;
    for (i = 0; i < p[0]; i++)
        sum += printk("%d", p[i]) * p[i + 1];
    for (i = 0; i < p[1]; i++)
        sum -= printk("%d", p[i]) * p[i + 2];
    return sum;
}

int g(int *p) { return f(p) + 1; }
int h(int *p) { return f(p) + 2; }
int k(int *p) { return f(p + 1) + 3; }
