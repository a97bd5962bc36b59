/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <scmi/error.h>

static const char *status_text(int32_t status)
{
	switch (status) {
	case SCMI_NOT_SUPPORTED:
		return "the platform answered NOT_SUPPORTED: it does not offer this";
	case SCMI_INVALID_PARAMETERS:
		return "the platform answered INVALID_PARAMETERS: a value is malformed or not "
		       "allowed here";
	case SCMI_DENIED:
		return "the platform answered DENIED: this agent has no permission";
	case SCMI_NOT_FOUND:
		return "the platform answered NOT_FOUND: no such domain or message";
	case SCMI_OUT_OF_RANGE:
		return "the platform answered OUT_OF_RANGE: a value or index is beyond what is "
		       "possible";
	case SCMI_BUSY:
		return "the platform answered BUSY: it has no room for the request now";
	case SCMI_COMMS_ERROR:
		return "the platform answered COMMS_ERROR: the message or its answer could not be "
		       "carried";
	case SCMI_GENERIC_ERROR:
		return "the platform answered GENERIC_ERROR: it failed and does not say why";
	case SCMI_HARDWARE_ERROR:
		return "the platform answered HARDWARE_ERROR: the hardware failed";
	case SCMI_PROTOCOL_ERROR:
		return "the platform answered PROTOCOL_ERROR: it could not make sense of the "
		       "message";
	case SCMI_IN_USE:
		return "the platform answered IN_USE: another agent holds this";
	case SCMI_PARTIAL_ERROR:
		return "the platform answered PARTIAL_ERROR: a part of the request failed";
	}
	if (status < -127)
		return "the platform answered with a status of its vendor";
	return "the platform answered with a status that is not assigned";
}

const char *scmi_error_text(int error)
{
	if (scmi_error_is_status(error))
		return status_text(scmi_error_status(error));
	if (error >= 0)
		return "success";
	switch (error) {
	case -EACCES:
		return "access to the transport is not permitted";
	case -EAGAIN:
		return "the transport is full; try again";
	case -EBUSY:
		return "too many commands are out, or no token is free";
	case -ECANCELED:
		return "canceled";
	case -EDEADLK:
		return "a blocking call inside a callback";
	case -EINPROGRESS:
		return "not finished yet";
	case -EINVAL:
		return "an argument is invalid";
	case -EIO:
		return "the transport failed";
	case -EMSGSIZE:
		return "the message is larger than the transport carries";
	case -ENODEV:
		return "the platform is gone";
	case -ENOENT:
		return "there is no such thing";
	case -ENOMEM:
		return "out of memory";
	case -ENOSPC:
		return "the storage is too small";
	case -ENOSYS:
		return "this host cannot block";
	case -ENOTCONN:
		return "not connected";
	case -EOPNOTSUPP:
		return "not possible in the version spoken, or on this transport";
	case -EPIPE:
		return "the platform closed the connection";
	case -EPROTO:
		return "the platform's answer breaks the protocol";
	case -ETIMEDOUT:
		return "no answer within the time limit";
#ifdef ECONNREFUSED
	case -ECONNREFUSED:
		return "nobody listens there";
#endif
#ifdef ECONNRESET
	case -ECONNRESET:
		return "the platform dropped the connection";
#endif
#ifdef EPERM
	case -EPERM:
		return "not permitted";
#endif
	}
	return "an error of this system";
}
