"""The list ``disallowed-software``: what one line of it says, and what is wrong with one."""
