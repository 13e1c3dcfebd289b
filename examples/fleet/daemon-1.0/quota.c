/* A daemon's accounting: who may take how much. */
static const int limits[] = {10, 20, 40};
static int used[3];

int allowed(int who, int amount)
{
    if (who > 3)
        return 0;
    return used[who] + amount <= limits[who];
}

int take(int who, int amount)
{
    if (!allowed(who, amount))
        return -1;
    used[who] += amount;
    return used[who];
}
