# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Completion of scmi in bash. The program itself knows what may follow; this only asks it.

_scmi()
{
	local line="${COMP_LINE:0:COMP_POINT}" partial prefix
	local -a words

	# By spaces: bash would also cut URIs at their colons.
	read -ra words <<<"$line"
	[[ $line == *[[:space:]] ]] && words+=("")
	mapfile -t COMPREPLY < <("${words[0]}" complete -- "${words[@]:1}" 2>/dev/null)
	# Bash replaces only what stands behind the last colon.
	partial="${words[-1]}"
	if [[ $partial == *:* && ${COMP_WORDBREAKS-} == *:* ]]; then
		prefix="${partial%"${partial##*:}"}"
		COMPREPLY=("${COMPREPLY[@]#"$prefix"}")
	fi
}

complete -F _scmi scmi
