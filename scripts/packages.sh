# shellcheck shell=bash
# Installs what scripts/packages.txt lists. Bash and dpkg only: on a bare Debian nothing else is there yet.
# Meant to be sourced; the caller sets repository, the path of the repository. TENON_ANY_VERSION=1 accepts other versions.
# shellcheck disable=SC2154

# Prints "NAME PIN" for each line of a list.
list_pins() {
  sed -e 's/#.*//' "$1" | while read -r name pin rest; do
    [ -n "$name" ] || continue
    if [ -z "$pin" ] || [ -n "$rest" ]; then
      echo "$1: '$name $pin $rest' is not 'NAME VERSION'" >&2
      return 1
    fi
    echo "$name $pin"
  done
}

# matches_pin VERSION PIN: a pin is a version in which * stands for anything.
matches_pin() {
  # shellcheck disable=SC2053 # the right side is a pattern on purpose
  [[ $1 == $2 ]]
}

# Prints "NAME VERSION" for each of the packages that is installed.
list_installed() {
  dpkg-query --show --showformat='${db:Status-Status} ${Package} ${Version}\n' "$@" 2>/dev/null |
    sed -n 's/^installed //p'
}

# Prints "NAME VERSION" for every version that apt could install.
list_served() {
  apt-cache madison "$@" 2>/dev/null | while IFS=' |' read -r name version _; do echo "$name $version"; done
}

# choose_versions PINS INSTALLED SERVED: pure text to text, each "NAME VERSION" a line. Prints "NAME=VERSION" for what is
# to be installed; for a pin that nothing satisfies it says so, and fails unless other versions are accepted.
choose_versions() {
  local -A installed=() pinned=() newest=()
  local name version pin status=0
  while read -r name version; do [ -z "$name" ] || installed[$name]=$version; done <<<"$2"
  while read -r name version; do [ -z "$name" ] || pinned[$name]=$version; done <<<"$1"
  local -A served=()
  while read -r name version; do
    [ -n "$name" ] || continue
    [ -n "${newest[$name]:-}" ] || newest[$name]=$version # apt lists the newest first
    if [ -z "${served[$name]:-}" ] && matches_pin "$version" "${pinned[$name]:-}"; then served[$name]=$version; fi
  done <<<"$3"
  while read -r name pin; do
    [ -n "$name" ] || continue
    if [ -n "${installed[$name]:-}" ] && matches_pin "${installed[$name]}" "$pin"; then continue; fi
    if [ -n "${served[$name]:-}" ]; then
      echo "$name=${served[$name]}"
      continue
    fi
    local found="installed: ${installed[$name]:-none}, served: ${newest[$name]:-none}"
    if [ "${TENON_ANY_VERSION:-}" != 1 ] || [ -z "${installed[$name]:-}${newest[$name]:-}" ]; then
      echo "package $name: wanted $pin; $found" >&2
      status=1
      continue
    fi
    echo "WARNING: package $name: wanted $pin; $found; taken because TENON_ANY_VERSION=1" >&2
    if [ -z "${installed[$name]:-}" ]; then echo "$name=${newest[$name]}"; fi
  done <<<"$1"
  return $status
}

# Runs a command as root.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# demand_root PINS: says what to run where this is neither root nor can become it.
demand_root() {
  local name pin
  if [ "$(id -u)" = 0 ] || command -v sudo >/dev/null; then return 0; fi
  echo "step install: packages are missing, this is not root, and there is no sudo here. As root, run:" >&2
  printf '  apt-get update && apt-get install --no-install-recommends' >&2
  while read -r name pin; do printf " '%s=%s'" "$name" "$pin" >&2; done <<<"$1"
  echo >&2
  return 1
}

# Copies standard input into a log; shows what apt is at: on one line of a terminal, else a line every 15 seconds.
show_apt_progress() {
  local log=$1 line shown=-15 done=0
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$log"
    case $line in
    Get:* | Unpacking* | "Setting up"*) done=$((done + 1)) ;;
    *) continue ;;
    esac
    if [ -t 1 ]; then
      printf '\r\033[K  %ds  %.90s' "$SECONDS" "$line"
    elif [ $((SECONDS - shown)) -ge 15 ]; then
      shown=$SECONDS
      printf '  %ds  %.90s\n' "$SECONDS" "$line"
    fi
  done
  if [ -t 1 ] && [ $done -gt 0 ]; then printf '\r\033[K'; fi
}

# run_apt LOG ARGUMENT...: apt-get, its output in the log.
run_apt() {
  local log=$1
  shift
  printf '$ apt-get %s\n' "$*" >>"$log"
  as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -o Dpkg::Use-Pty=0 "$@" 2>&1 | show_apt_progress "$log"
  return "${PIPESTATUS[0]}"
}

# The step "install". Takes a moment when everything is there.
install_packages() {
  local list=$repository/scripts/packages.txt log=$repository/build/logs/install.log
  local pins names installed wanted notes=$repository/build/logs/install-notes.log
  if ! command -v apt-get >/dev/null; then
    echo "step install: there is no apt-get here, and the packages are Debian 12's: use a Debian 12 machine or" \
      "container, or install what scripts/packages.txt lists by other means and run scripts/check.py" >&2
    return 1
  fi
  mkdir -p "$repository/build/logs"
  pins=$(list_pins "$list") || return 1
  mapfile -t names < <(cut -d' ' -f1 <<<"$pins")
  installed=$(list_installed "${names[@]}")
  if wanted=$(choose_versions "$pins" "$installed" "" 2>"$notes") && [ -z "$wanted" ]; then
    cat "$notes" >&2
    return 0
  fi
  demand_root "$pins" || return 1
  SECONDS=0
  : >"$log"
  echo "step install: Debian packages (log: build/logs/install.log)"
  if ! wanted=$(TENON_ANY_VERSION=0 choose_versions "$pins" "$installed" "$(list_served "${names[@]}")" 2>"$notes"); then
    echo "  fetching Debian's lists: the ones here lack a wanted version"
    run_apt "$log" update || { explain_apt_failure "$log" "apt-get update"; return 1; }
    if ! wanted=$(choose_versions "$pins" "$installed" "$(list_served "${names[@]}")" 2>"$notes"); then
      cat "$notes" >&2
      echo "step install: Debian does not serve the versions above. Change the pins in scripts/packages.txt (and run" \
        "./check), or set TENON_ANY_VERSION=1 to accept what is served" >&2
      return 1
    fi
  fi
  cat "$notes" >&2
  [ -n "$wanted" ] || return 0
  mapfile -t wanted <<<"$wanted"
  echo "  ${#wanted[@]} of ${#names[@]} listed packages are to be installed"
  if ! run_apt "$log" install --yes --no-install-recommends "${wanted[@]}"; then
    echo "  apt-get install failed; once more with fresh lists"
    { run_apt "$log" update && run_apt "$log" install --yes --no-install-recommends "${wanted[@]}"; } ||
      { explain_apt_failure "$log" "apt-get install"; return 1; }
  fi
  echo "step install: done in ${SECONDS} s"
}

explain_apt_failure() {
  echo "step install: $2 failed; the end of its log:" >&2
  tail -n 15 "$1" | sed 's/^/  | /' >&2
  echo "step install: see build/logs/install.log; mend what it names (network, apt sources, a held package) and run this again" >&2
}
