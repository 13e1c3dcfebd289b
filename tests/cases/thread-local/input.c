extern int use(int);

int f(int a)
{
    return use(a) + 1;
}
