// SPDX-License-Identifier: GPL-2.0-only
#include <libscmi.h>

/*
 * As the kernel's own stack has it, so that a script sees the same errno on both; it has nothing
 * for IN_USE.
 */
static int status_errno(int status)
{
	switch (status) {
	case SCMI_NOT_SUPPORTED:
		return -EOPNOTSUPP;
	case SCMI_INVALID_PARAMETERS:
		return -EINVAL;
	case SCMI_DENIED:
		return -EACCES;
	case SCMI_NOT_FOUND:
		return -ENOENT;
	case SCMI_OUT_OF_RANGE:
		return -ERANGE;
	case SCMI_BUSY:
		return -EBUSY;
	case SCMI_COMMS_ERROR:
		return -ECOMM;
	case SCMI_HARDWARE_ERROR:
		return -EREMOTEIO;
	case SCMI_PROTOCOL_ERROR:
		return -EPROTO;
	case SCMI_IN_USE:
		return -EADDRINUSE;
	default:
		return -EIO;
	}
}

int libscmi_errno(int error)
{
	return scmi_error_is_status(error) ? status_errno(scmi_error_status(error)) : error;
}
EXPORT_SYMBOL_GPL(libscmi_errno);
