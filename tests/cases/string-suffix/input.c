extern int printk(const char *format, ...);
int f(void) { return printk("limit %d reached", 1); }
int g(void) { return printk("%d reached", 2); }
