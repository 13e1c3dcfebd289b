extern int printk(const char *format, ...);
int f(void) { return printk("the cat"); }
int g(void) { return printk("the dog"); }
