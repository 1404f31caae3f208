# shellcheck shell=bash
# The jobs of an admin, in one session of the console on a fresh made-up world
# whose file is $db, at $columns x $rows.

# find_people TEXT N: narrows the Users screen to N people. A change is in the
# heading before the list is made anew, so they are counted.
find_people() {
  press / ; wait_for 'enter keep'
  press -l "$1" ; wait_for "$2 of ${everybody:-33} match “$1”"
  press Enter ; wait_for -v 'enter keep'
}

# leave TEXT: escape, until the text that it takes away is gone. What is typed
# at once after an escape would be taken for a key with alt.
leave() { press Escape ; wait_for -v "$1"; }

# leave_note TEXT: the same for a note that may have gone already: a key press
# in a dialog above it takes it away once it is some seconds old.
leave_note() { if hides "$1"; then passed; else leave "$1"; fi; }

# apply: Cancel has the focus, so it takes a key more; but there is nothing to
# apply before it is known what the plan changes.
apply() {
  wait_for 'tab moves, enter presses'
  press Tab ; wait_for '[ Apply ]'
  press Enter ; wait_for -v '[ Apply ]'
}

job_look() {
  echo "J1: who can sign in, and why not"
  start "$bin/romm-admin --demo --db $db"
  wait_for '10 cannot sign in'
  screen_is J1-people
  find_people bob 1
  wait_for '500 Internal Server Error'
  press d ; screen_is J1-bob
  press d
}

job_fix() {
  echo "J2: fix an address"
  press e ; wait_for 'RomM e-mail of bob'
  screen_is J2-address
  press Enter ; wait_for 'bob can sign in as user'
  press Enter ; wait_for -v 'bob can sign in as user'   # Cancel has the focus
  wait_for 'RomM e-mail of bob'                          # back where the address is typed
  press Enter ; wait_for 'bob can sign in as user'
  screen_is J2-preview
  apply
  wait_for 'bob: RomM e-mail is now bob@example.org'
  wait_for '9 cannot sign in'
  leave 'is now bob@example.org'
  screen_is J2-fixed
}

job_verify() {
  echo "J3: vouch for addresses"
  leave 'match “bob”'
  find_people erin 1
  press v ; wait_for 'erin can sign in as user'
  screen_is J3-preview
  apply
  wait_for 'erin: trusted address is now erin@example.org'
  wait_for '8 cannot sign in'
  leave 'is now erin@example.org'
  leave 'match “erin”'
  find_people is:unverified 2
  press '*' ; wait_for '2 selected'
  press v ; wait_for 'addresses of 2 people'
  screen_is J3-preview-many
  apply
  wait_for '2 of 2 changes made'
  screen_is J3-done
  leave '2 of 2 changes made'
  leave_note '2 changes made'
  leave 'Nobody matches'
  leave '2 selected'
}

job_role() {
  echo "J4: give a group a role"
  press 2 ; wait_for 'romm-admins'
  screen_is J4-table
  press a ; wait_for 'Which group gets a role?'
  press -l staff ; wait_for '/ staff'
  press Enter ; wait_for 'Role for the group staff'
  wait_for 'wendy can sign in as user'                  # the impact, while choosing
  screen_is J4-impact
  press Enter ; apply
  wait_for 'staff: role is now'
  leave 'staff: role is now'
  screen_is J4-given
}

job_history() {
  echo "J8: who changed what, and undo it"
  press 5 ; wait_for 'bob@old.example'
  screen_is J8-journal
  press / ; wait_for 'enter keep'
  press -l bob ; press Enter ; wait_for -v 'enter keep'
  screen_is J8-diff
  press u ; wait_for 'bob can no longer sign in'
  screen_is J8-undo
  apply
  wait_for 'bob: RomM e-mail is now bob@old.example'
  leave 'is now bob@old.example'
  leave 'match “bob”'
  press / ; wait_for 'enter keep'
  press -l akadmin ; press Enter ; wait_for -v 'enter keep'
  press U ; wait_for 'of 2 people'
  screen_is J8-undo-plan
  apply
  wait_for '2 of 2 changes made'
  leave '2 of 2 changes made'
  leave_note '2 changes made'
  leave '"akadmin"'
  screen_is J8-afterwards
  local seen
  seen=$(screen)
  press q ; restored 0
  agrees "$seen"
}

job_links() {
  echo "J9: a RomM 5.5, which links accounts: unlink one"
  start "$bin/romm-admin --demo --romm 5.5.0 --db $work/links-$columns.db"
  wait_for '12 cannot sign in'
  screen_is J9-people
  everybody=43 find_people oscar 1
  wait_for '403 Forbidden'
  press d ; screen_is J9-oscar
  press d
  press U ; wait_for 'oscar can sign in as user'
  screen_is J9-preview
  apply
  wait_for 'oscar: the RomM account is linked to nobody'
  wait_for '11 cannot sign in'
  leave 'is linked to nobody'
  screen_is J9-unlinked
  press q ; restored 0
}

# agrees SCREEN: `romm-admin history` tells the same of the same file as the
# screen did, newest first: of whom, from what, to what; and the journal is
# unaltered. The screen cuts long values.
agrees() {
  local shown said
  shown=$(sed -nE 's/^[ ▌]\+ [0-9-]+ [0-9:]+ +(demo +)?([^ ]+) +(RomM e-mail|trusted address|role) +(.*) → (.*)$/\2 \4 \5/p' <<< "$1" | sed -E 's/…| +$//g')
  said=$("$bin/romm-admin" --db "$db" history | awk '$4 == "demo" { print $6, $7, $8 }')
  [ "$(wc -l <<< "$shown")" = 8 ] && [ "$(wc -l <<< "$said")" = 8 ] ||
    die "not the 8 changes of this session:"$'\n'"$shown"$'\n'"$said"
  paste -d '|' <(echo "$said") <(echo "$shown") | while IFS='|' read -r whole cut; do
    [[ "$whole" == "$cut"* ]] || die "\`romm-admin history\` says \"$whole\", the screen \"$cut\""
  done
  passed
  "$bin/romm-admin" --db "$db" history verify > /dev/null 2>&1 || die "the journal does not verify"
  passed
}

job_read_only() {
  echo "Read-only: everything can be looked at, nothing written"
  local before
  before=$("$bin/romm-admin" --db "$db" history | wc -l)
  start "$bin/romm-admin --demo --db $db --read-only"
  wait_for 'cannot sign in' ; wait_for 'read-only'
  find_people bob 1
  press e ; wait_for 'this session is read-only'
  hides '[ Cancel ]' && hides '┌' || die 'a dialog opened'
  screen_is read-only
  press 2 ; wait_for 'romm-admins'
  press x ; wait_for 'this session is read-only'
  press 5 ; wait_for 'bob@old.example'
  press u ; wait_for 'this session is read-only'
  hides '┌' || die 'a dialog opened'
  press q ; restored 0
  [ "$before" = "$("$bin/romm-admin" --db "$db" history | wc -l)" ] || die 'the journal has grown'
  passed
}
