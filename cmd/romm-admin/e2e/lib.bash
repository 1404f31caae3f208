# shellcheck shell=bash
# Helpers of the end-to-end run: a terminal (tmux) that a program runs in, what
# its screen shows, and the kept screens. Nothing here waits for time to pass:
# it waits for what must be seen, and gives up after $patience seconds.

patience=${PATIENCE:-60}
checks=0
terminals=0
failed=0
me=$(id -un)
who=$(printf '%-10s' "$me") # as a column of 10
[ ${#me} -le 10 ] || who="${me:0:9}…"

mux() { tmux -L "romm-admin-e2e-$$-$terminals" -f /dev/null "$@"; }
press() { mux send-keys "$@"; }
screen() { mux capture-pane -p; }
die() { echo "e2e: $*" >&2; echo "the screen is:" >&2; screen >&2; exit 1; }
passed() { checks=$((checks + 1)); }

# until_true COMMAND...: runs it again until it succeeds.
until_true() {
  local end=$((SECONDS + patience))
  until "$@"; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.05
  done
}

# The screen is read whole before it is searched: grep -q ends at the first
# match, and the writer that it leaves behind fails, with it the pipeline.
shows() { [[ $(screen) == *"$1"* ]]; }
# What is being drawn may be caught between two lines, so twice is once.
hides() { ! shows "$1" && ! shows "$1"; }

# wait_for TEXT: until the screen shows it; -v until it does not.
wait_for() {
  local how=shows
  if [ "$1" = -v ]; then how=hides; shift; fi
  until_true "$how" "$1" || die "waited for \"$1\" ($how)"
  passed
}

# start COMMAND: in a terminal of its own of $columns x $rows, with everything
# that is written to it kept in $raw. sh asks nothing of the terminal itself.
start() {
  [ $terminals -eq 0 ] || mux kill-server 2>/dev/null || true
  terminals=$((terminals + 1))
  raw="$work/raw-$terminals"
  tmp="$work/tmp-$terminals"
  mkdir "$tmp"
  mux new-session -d -x "$columns" -y "$rows" "exec env -u ENV LANG=C.UTF-8 TMPDIR='$tmp' PS1='prompt> ' sh"
  wait_for 'prompt>'
  mux pipe-pane -O "cat > '$raw'"
  press -l "$1; echo \"exit code \$?\"" ; press Enter
}

# pid is the process id of the program in the terminal.
pid() { pgrep -P "$(mux list-panes -F '#{pane_pid}')"; }

# masked prints the screen with clock times, dates and identifiers as zeros, and
# me for any user who runs this.
masked() {
  screen | sed -E \
    -e "s/ {2,}([^ ]+( [^ ]+)* · as )$me\$/  \1me/" \
    -e "s/\b([Bb]y )$me\b/\1me/" \
    -e "s/([0-9]{2}:[0-9]{2}) $who/\1 me        /" \
    -e "s/([0-9]{2}:[0-9]{2}) ${me:0:2}([┌│└])/\1 me\2/" \
    -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}/0000-00-00/g' \
    -e 's/\b[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}/00-00 00:00/g' \
    -e 's/[0-9]{2}:[0-9]{2}:[0-9]{2}/00:00:00/g' \
    -e 's/[0-9]{2}:[0-9]{2}/00:00/g' \
    -e 's/127\.0\.0\.1:[0-9]+/127.0.0.1:00000/g' \
    -e 's/\.\.[0-9a-f]{8}/..00000000/g' \
    -e 's/[0-9a-f]{16}/0000000000000000/g' \
    -e 's/ +$//'
}

is_kept() { masked | cmp -s - "$kept"; }

# is_busy: a thread of the program runs, or would if the machine let it. Where
# there is no /proc that is not known.
is_busy() { grep -qsE '\) [RD] ' "/proc/$(pid)/task/"*/stat; }

# is_still: the program has nothing to do, and longer than the console waits
# before it draws a pane or a figure the screen stays as it is.
is_still() {
  local a
  a=$(masked)
  sleep 0.6
  ! is_busy && [ "$a" = "$(masked)" ]
}

# screen_is NAME: the screen is the kept one, screens/SIZE/NAME.txt. UPDATE=1
# keeps what it is now, unless it becomes the kept one soon, once it has
# settled.
screen_is() {
  kept="$screens/${columns}x$rows/$1.txt"
  if [ -n "${UPDATE:-}" ]; then
    if ! { [ -f "$kept" ] && patience=3 until_true is_kept; }; then
      until_true is_still || die "the screen $1 never settles"
      mkdir -p "${kept%/*}"
      masked > "$kept"
    fi
  elif ! { [ -f "$kept" ] && patience=$((failed ? 5 : patience)) until_true is_kept; }; then
    failed=$((failed + 1))
    echo "e2e: the screen $1 at ${columns}x$rows is not the kept one (UPDATE=1 keeps it; read the diff first):" >&2
    masked | diff -u --label "kept $1" --label 'now' "$kept" - >&2 || true
    return
  fi
  passed
}

# switched_off NAME ON OFF: if ON was ever written, OFF was written after it.
switched_off() {
  local on off
  on=$(grep -aobF -- "$2" "$raw" | tail -n 1 | cut -d: -f1)
  off=$(grep -aobF -- "$3" "$raw" | tail -n 1 | cut -d: -f1)
  [ -z "$on" ] || [ "${off:--1}" -gt "$on" ] || die "$1: switched on and not off again"
  passed
}

# restored CODE: the program has ended with that exit code, and the terminal is
# as it was: by what tmux knows of it, and by the bytes that it received.
restored() {
  wait_for "exit code $1"
  local esc=$'\e' flags
  until_true grep -qaF "exit code $1" "$raw" || die 'what was written to the terminal was not recorded' # it is behind the screen
  grep -qaF "$esc[?1049h" "$raw" || die "the alternate screen was not used, so nothing is proven"
  switched_off 'the alternate screen' "$esc[?1049h" "$esc[?1049l"
  switched_off 'the hidden cursor' "$esc[?25l" "$esc[?25h"
  switched_off 'bracketed paste' "$esc[?2004h" "$esc[?2004l"
  switched_off 'focus reports' "$esc[?1004h" "$esc[?1004l"
  switched_off 'mouse reports' "$esc[?1002h" "$esc[?1002l"
  switched_off 'mouse coordinates' "$esc[?1006h" "$esc[?1006l"
  switched_off 'key reports' "$esc[>1u" "$esc[<1u"
  flags=$(mux display-message -p '#{alternate_on} #{mouse_any_flag} #{cursor_flag}')
  [ "$flags" = '0 0 1' ] || die "alternate screen, mouse, cursor are $flags, want 0 0 1"
  # shellcheck disable=SC2016 # for the shell in the terminal
  press -l 'stty -a | tr -s " ;" "\n" | grep -xE -- "echo|icanon|isig|icrnl|opost" | sort | tr "\n" " "' ; press Enter
  wait_for 'echo icanon icrnl isig opost'
  left_nothing
}

# left_nothing: no file of the made-up world is left behind.
left_nothing() {
  [ -z "$(ls -A "$tmp")" ] || die "left behind in the folder for temporary files: $(ls "$tmp")"
  passed
}
