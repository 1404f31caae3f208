# shellcheck shell=bash
# A plan that is cut short by kill -9, in a world that outlives the program: it
# is told, finished or undone to its end, and both systems and the journal
# say the same. The world keeps quiet at a write of its own choice, so that the
# kill lands between two changes, or in one that is made and not yet answered.

# serve_world FLAGS...: a made-up world of its own, which says in $told where it
# keeps quiet. $env points at it.
serve_world() {
  env=$work/world-$columns.env told=$work/world-$columns.log
  "$bin/romm-admin" demo serve --db "$work/served-$columns.db" "$@" > "$env" 2> "$told" &
  world=$!
  until_true grep -q '^serving' "$told" || die 'the world does not start'
}

end_world() {
  [ -n "${world:-}" ] || return 0
  kill "$world" ; wait "$world" || true
  world=
}

# in_world ARGS...: romm-admin, without a terminal.
in_world() { (set -a; . "$env"; set +a; exec "$bin/romm-admin" "$@"); }

# hangs N: until the world keeps quiet at the write N.
hangs() { until_true grep -q "^write $1 hangs" "$told" || die "the write $1 did not come" ; passed ; }

start_console() { start "set -a; . '$env'; set +a; '$bin/romm-admin'" ; wait_for 'cannot sign in'; }

# killed: kill -9 of the console in the terminal, as a power cut. Nobody restores
# that terminal, and a frame may end anywhere: what the shell says there afterwards
# can be torn, so the process is asked for and not the screen.
killed() {
  kill -KILL "$(pid)" || die 'there is no console to kill'
  until_true is_gone || die 'the console outlives kill -9'
  passed
}
is_gone() { ! pid > /dev/null; }

# interrupted CODE TEXT...: what `history interrupted` exits with and says.
interrupted() {
  local code=0 said
  said=$(in_world history interrupted 2>&1) || code=$?
  [ $code -eq "$1" ] || die "\`history interrupted\` exits with $code, want $1: $said"
  shift
  for text in "$@"; do grep -qF -- "$text" <<< "$said" || die "\`history interrupted\` does not say \"$text\": $said"; done
  passed
}

# plan_id is that of the only plan that has not ended.
plan_id() {
  local said
  said=$(in_world history interrupted --json 2> /dev/null || true) # exits with 3
  sed -nE 's/^ *"plan_id": "([0-9a-f]+)".*/\1/p' <<< "$said" | sed -n 1p
}

# in_systems WHO ROMM AUTHENTIK STATE: the two addresses of a person and whether
# Authentik's is verified, as both systems have them now; — is none.
in_systems() {
  local said
  said=$(in_world users list 2> /dev/null | awk -v who="$1" '$1 == who { print $2, $6, $7 }')
  [ "$said" = "$2 $3 $4" ] || die "both systems have for $1 \"$said\", want \"$2 $3 $4\""
  passed
}

# whole ENTRY...: the journal is unaltered, nothing in it is open, and its
# newest entries are these, the newest first: of whom, to what, what became of it.
whole() {
  local want said
  interrupted 0
  in_world history verify > /dev/null 2>&1 || die 'the journal does not verify'
  said=$(in_world history) || die 'the journal cannot be read'
  ! grep -q ' open *$' <<< "$said" || die 'an entry of the journal is open'
  want=$(printf '%s\n' "$@")
  said=$(awk 'NR > 1 && NR <= 1 + n { print $6, $8, $9 }' n=$# <<< "$said")
  [ "$said" = "$want" ] || die "the journal ends with"$'\n'"$said"$'\n'"want"$'\n'"$want"
  passed
}

job_resume() {
  echo "R15: a plan of which the console died is finished"
  serve_world --hang-before 2,10 --hang-after 6,13
  start_console
  find_people is:unverified 3
  press '*' ; wait_for '3 selected'
  press v ; wait_for 'addresses of 3 people'
  apply_many
  hangs 2
  wait_for '1 of 3 changes made'
  interrupted 0 '1 of 3, under way'
  if in_world history resume "$(plan_id)" --yes > "$work/said" 2>&1; then die 'a plan under way was finished by another'; fi
  grep -qF 'another program is making this plan right now' "$work/said" || die "it says $(cat "$work/said")"
  killed
  interrupted 3 '1 of 3' '1 plan was cut short'
  start_console
  wait_for 'was cut short'
  press 5 ; wait_for 'interrupted, 1 of 3 made: vouch'
  wait_for 'not begun'
  screen_is R15-told
  press Enter ; wait_for 'Finish: vouch'
  screen_is R15-finish
  apply
  wait_for '2 of 2 changes made'
  wait_for 'the interrupted plan is closed'
  wait_for -v 'was cut short'
  screen_is R15-report
  leave '2 of 2 changes made'
  leave_note 'is closed'
  screen_is R15-finished
  whole 'erin erin@example.org done' 'akadmin akadmin@example.org done' 'akadmin akadmin@example.org failed' 'carol carol@example.org done'
  in_systems erin erin@example.org erin@example.org yes
  in_systems carol — carol@example.org yes

  echo "R15: a plan of which the console died is undone"
  press 1 ; press F ; wait_for 'Set 2 RomM addresses'
  apply_many
  hangs 6
  wait_for '1 of 2 changes made'
  killed
  in_systems carol carol@example.org carol@example.org yes # made, though nobody heard of it
  start_console
  press 5 ; wait_for 'may have been made or not'
  screen_is R15-unknown
  press u ; wait_for 'Undo: set 2 RomM addresses'
  screen_is R15-undo
  apply
  wait_for '2 of 2 changes made'
  wait_for 'the interrupted plan is closed'
  leave '2 of 2 changes made'
  leave_note 'is closed'
  screen_is R15-undone
  press q ; restored 0
  whole 'bob bob@old.example done' 'carol — done' 'carol carol@example.org done' 'bob bob@example.org done'
  in_systems bob bob@old.example bob@example.org yes
  in_systems carol — carol@example.org yes
}

# apply_many is apply of a plan whose world keeps quiet on the way.
apply_many() {
  wait_for 'tab moves, enter presses'
  press Tab ; wait_for '[ Apply ]'
  press Enter ; wait_for 'changes made'
}

# dies N ARGS...: the command is killed when the world keeps quiet at the write N.
dies() {
  local n=$1 child
  shift
  in_world "$@" --yes > "$work/said" 2>&1 &
  child=$!
  hangs "$n"
  kill -KILL "$(pgrep -P "$child" || echo "$child")"
  wait "$child" 2> /dev/null || true
  interrupted 3 '1 of 2' '1 plan was cut short'
}

job_resume_cli() {
  echo "R15: the same on the command line"
  dies 10 users fix
  in_systems carol — carol@example.org yes
  in_world history resume "$(plan_id)" --yes > /dev/null 2>&1 || die 'resume'
  whole 'carol carol@example.org done' 'carol carol@example.org failed' 'bob bob@example.org done'
  in_systems carol carol@example.org carol@example.org yes
  dies 13 users disable wendy zach
  in_world history undo --plan "$(plan_id)" --yes > /dev/null 2>&1 || die 'undo'
  whole 'wendy enabled done' 'zach enabled done' 'zach disabled done' 'wendy disabled done'
  end_world
}
