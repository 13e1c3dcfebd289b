#ifndef SHARED_H
#define SHARED_H

#define SHARED 3

#endif
