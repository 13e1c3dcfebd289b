extern int printk(const char *format, ...);

#define AHEAD 5

int f(void) { return printk("%d", __LINE__ + AHEAD); }

int g(void) { return printk("%d", __LINE__); }
int h(int a) { return a; }

int below(void) { return printk("%d", __LINE__); }
