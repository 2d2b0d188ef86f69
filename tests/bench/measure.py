"""Runs a command and writes what it used: measure.py RESULT COMMAND... (JSON: status, wall, cpu, memory; seconds and MB).

A process of its own, and a small one: the kernel counts the memory of the process that starts a command as the command's.
"""

import os
import sys
import time

result, command = sys.argv[1], sys.argv[2:]
started = time.monotonic()
process = os.posix_spawnp(command[0], command, os.environ)
_, status, used = os.wait4(process, 0)
wall, cpu = time.monotonic() - started, used.ru_utime + used.ru_stime
with open(result, "w", encoding="utf-8") as file:
    file.write(f'{{"status": {os.waitstatus_to_exitcode(status)}, "wall": {wall}, "cpu": {cpu}, "memory": {used.ru_maxrss * 1024 / 1e6}}}')
