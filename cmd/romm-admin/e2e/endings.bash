# shellcheck shell=bash
# However the console ends, the terminal is as before and nothing stays behind.

job_endings() {
  echo "The terminal after q, ctrl+c, TERM, a hang-up"
  start "$bin/romm-admin --demo" ; wait_for 'cannot sign in'
  press '?' ; wait_for 'Keys: Users'
  press q ; wait_for -v 'Keys: Users'
  press q ; restored 0
  start "$bin/romm-admin --demo" ; wait_for 'cannot sign in'
  press C-c ; restored 0
  start "$bin/romm-admin --demo" ; wait_for 'cannot sign in'
  kill -TERM "$(pid)" ; restored 0
  start "$bin/romm-admin --demo" ; wait_for 'cannot sign in'
  local program
  program=$(pid)
  mux kill-pane
  until_true gone "$program" || { kill -KILL "$program"; echo "e2e: the console outlives its terminal" >&2; exit 1; }
  passed
  left_nothing
}

job_bad_start() {
  echo "A start that fails, after the first frame"
  echo '{}' > "$work/not-a-database"
  start "$bin/romm-admin --demo --db $work/not-a-database"
  restored 1
  shows 'open database' || die 'the reason is not told'
  passed
}

# gone PID: it has ended, also where nobody asks what became of orphans.
gone() { [[ $(ps -o stat= -p "$1") != [^Z]* ]]; }

# The program that is shipped has no key that crashes it: the tests' own build
# of the console has.
job_panic() {
  echo "A panic, in Update and in a command"
  (cd "$here/../../.." && "${GO:-go}" test -c -o "$work/romm-admin-crash" ./cmd/internal/admin)
  for where in update command; do
    start "CRASH_IN=$where $work/romm-admin-crash --demo --db $work/panic-$where.db" ; wait_for 'cannot sign in'
    if [ $where = command ]; then press r ; wait_for 'reading' ; fi
    press F12
    restored 1
    [[ $(screen) =~ incident\ [0-9a-f]{16} ]] || die 'no incident is named'
    ! shows goroutine && ! shows 'panic:' || die 'the stack is on the screen'
    passed
    ls "$work"/incident-*.txt > /dev/null || die 'no report was written'
    rm "$work"/incident-*
  done
}

job_small() {
  echo "A terminal that is too small"
  columns=40 rows=10
  start "$bin/romm-admin --demo" ; wait_for 'too small'
  screen_is too-small
  press q ; restored 0
}
