extern int printk(const char *format, ...);
int f(void) { return printk("first"); }
int g(void) { return printk("second"); }
int h(void) { return printk("third"); }
