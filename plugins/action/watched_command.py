# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command that takes minutes, with its log on the host and its steps on the screen. A module could say nothing before it ends."""

from __future__ import annotations

import shlex
import time
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.datacatalog.amundsen.plugins.module_utils import _build_log

POLL_SECONDS = 2
STILL_SECONDS = 20
TAIL_BYTES = 200_000
BUSY = 75

# Starts the command in a session of its own. Nobody asks for it for half a minute: it was left alone (Ctrl-C), and is ended.
# The lock is held until its end was read too, so that two runs never work on the same thing, nor take each other's end.
START = r"""
umask 077
mkdir -p "$(dirname "$log")" || exit
exec 9>>"$log.lock"
flock --nonblock 9 || exit 75
rm -f "$log.status" "$log.asked"
: >"$log" || exit
setsid sh -c '
    log=$1; shift
    : >"$log.asked"
    left_alone() { [ $(( $(date +%s) - $(stat -c %Y "$log.asked" 2>/dev/null || echo 0) )) -gt 30 ]; }
    setsid "$@" >>"$log" 2>&1 9>&- & command=$!
    while kill -0 "$command" 2>/dev/null; do
        sleep 1
        if left_alone; then
            echo "Ended: the run that started it has gone." >>"$log"
            kill -s TERM -- "-$command"; sleep 5; kill -s KILL -- "-$command" 2>/dev/null
        fi
    done
    wait "$command"; echo $? >"$log.new-status"; mv "$log.new-status" "$log.status"
    while [ -f "$log.status" ] && ! left_alone; do sleep 0.2; done
' sh "$log" "$@" </dev/null >/dev/null 2>&1 &
until [ -f "$log.asked" ]; do sleep 0.1; done
"""
# Prints the exit status where there is one, the size of the log, and what was written since (a terminal in between may add bytes to that).
ASK = r"""
touch "$log.asked"
cat "$log.status" 2>/dev/null || echo running
size=$(stat -c %s "$log") && echo "$size" && tail -c "+$(( $1 + 1 ))" "$log" | head -c "$(( size - $1 ))"
"""
END = r"""
tail -c "$1" "$log"
rm -f "$log.status" "$log.asked"
flock --timeout 10 "$log.lock" true
"""


class ActionModule(ActionBase):  # type: ignore[misc]
    """Starts the command and follows its log."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the exit status, the place of the log and what it ends with."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _checked, options = self.validate_argument_spec(
            argument_spec={
                "argv": {"type": "list", "elements": "str", "required": True},
                "log": {"type": "path", "required": True},
                "title": {"type": "str", "required": True},
            }
        )
        if self._task.check_mode:
            return result | {"skipped": True, "changed": True, "msg": "It would be run."}
        self._log, self._title, self._host = options["log"], options["title"], self._task.delegate_to or (task_vars or {}).get("inventory_hostname", "")
        started = time.monotonic()
        self._start(options["argv"])
        status = self._follow()
        log = self._shell(END, str(TAIL_BYTES))[1]
        result |= {"changed": True, "rc": status, "log": self._log, "seconds": round(time.monotonic() - started)}
        if status == 0:
            self._say(f"done in {result['seconds']} s")
            return result
        result |= {"failed": True, "cause": _build_log.cause(log), "last_lines": _build_log.last_words(log)}
        result["msg"] = f"{self._title} failed with exit status {status}. {result['cause']}".strip()
        return result

    def _start(self, argv: list[str]) -> None:
        """Start the command, after one that an interrupted run left has ended.

        Raises:
            AnsibleActionFail: the log cannot be written.
        """
        code, _out, error = self._shell(START, *argv)
        if code == BUSY:
            self._say(f"waiting for another run that does the same; it writes {self._log}")
        while code == BUSY:
            time.sleep(POLL_SECONDS)
            code, _out, error = self._shell(START, *argv)
        if code:
            advice = f"Its log would be {self._log}: make that a place with room, and run again."
            raise AnsibleActionFail(f"{self._title} could not be started: {error.strip()}. {advice}")
        self._say(f"started; to see all of it on the host: tail -f {self._log}")

    def _follow(self) -> int:
        """Show the steps until the command ends; return its exit status."""
        read, rest, words, said = "0", "", "", time.monotonic()
        steps: dict[str, str] = {}
        while True:
            time.sleep(POLL_SECONDS)
            code, output, error = self._shell(ASK, read)
            if code:
                raise AnsibleActionFail(f"{self._title}: its log {self._log} cannot be read any more: {error.strip()}. Look at the host and run again.")
            status, read, new = output.replace("\r\n", "\n").split("\n", 2)
            whole, _end, rest = (rest + new).rpartition("\n")
            new_steps = {number: step for number, step in _build_log.steps(whole).items() if number not in steps}
            steps |= new_steps
            shown = [f"{number} {step}" for number, step in new_steps.items()]
            words = _build_log.now(whole) or words
            if not shown and time.monotonic() - said > STILL_SECONDS:
                shown = [f"... {words or next(reversed(steps), 'still running')}"]
            for line in shown:
                self._say(line)
                said = time.monotonic()
            if status != "running":
                return int(status)

    def _shell(self, script: str, *arguments: str) -> tuple[int, str, str]:
        """Run a script on the host; return its exit status, output and errors."""
        words = ["sh", "-c", f"log={shlex.quote(self._log)}\n{script}", "sh", *arguments]
        done = self._low_level_execute_command(shlex.join(words))
        return done["rc"], done["stdout"], done["stderr"]

    def _say(self, text: str) -> None:
        """Show one line at once, while the task runs."""
        Display().display(f"{self._host}: {self._title}: {text}")
