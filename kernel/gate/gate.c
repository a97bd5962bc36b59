// SPDX-License-Identifier: GPL-2.0-only
/* What makes a module of the engine's objects, so that modpost checks every symbol they need. */
#include <linux/module.h>

MODULE_DESCRIPTION("libscmi engine, compile-only gate");
MODULE_LICENSE("GPL");
