# What the commands of scenarios can use, in the guest.

# wallet PORT VENDOR [ARGUMENTS]: a simulated wallet on USB.
wallet() {
    local port=$1
    shift
    setsid stockade mock "$@" --usbip "127.0.0.1:$port" >"/guest/mock-$port" 2>&1 &
    echo $! >>/guest/wallets
    echo "$port" >>/guest/ports
    if [[ ! -e /guest/plugger ]]; then
        setsid bash -c plugger >/dev/null 2>&1 &
        echo $! | tee /guest/plugger >>/guest/wallets
    fi
}

# Somebody who plugs in, one after another, whatever wallets are not plugged in.
plugger() {
    local port record hub number state rest used
    while :; do
        used=" "
        while read -r hub number state rest; do
            [[ $hub == hs && $state == 006 ]] || continue
            record=/run/vhci_hcd/port$((10#$number))
            [[ ! -e $record ]] || used+="$(<"$record") "
        done </sys/devices/platform/vhci_hcd.0/status
        for port in $(</guest/ports); do
            [[ $used == *" $port "* ]] ||
                { usbip --tcp-port "$port" attach -r 127.0.0.1 -b 1-1 && echo "$port" >>/guest/attached; }
        done
        sleep 0.2
    done
}
export -f plugger

# plugged COUNT: waits until so many wallets are plugged in and have their drivers.
plugged() {
    local try
    for try in $(seq 300); do
        if [[ $(grep -lsE '^(2c97|1209)$' /sys/bus/usb/devices/*/idVendor | wc -l) == "$1" ]]; then
            sleep 0.3
            return 0
        fi
        sleep 0.1
    done
    echo "not plugged in: $1"
    cat /guest/mock-*
    return 1
}

# Unplugs every wallet, and ends its simulation.
away() {
    local pid port
    for pid in $(cat /guest/wallets 2>/dev/null); do kill -- "-$pid" 2>/dev/null; done
    rm -f /guest/wallets /guest/ports /guest/plugger /guest/mock-*
    for port in $(seq 0 7); do usbip detach -p "$port"; done >/dev/null 2>&1
    plugged 0
}

# disk NAME: waits for the USB stick with that serial number, and prints its device.
disk() {
    local try serial block
    for try in $(seq 100); do
        for serial in $(grep -lx "$1" /sys/bus/usb/devices/*/serial); do
            for block in "${serial%/*}"/*/host*/target*/*/block/*; do
                if [[ -e $block/size && $(<"$block/size") -gt 0 ]]; then
                    echo "/dev/${block##*/}"
                    return 0
                fi
            done
        done 2>/dev/null
        sleep 0.1
    done
    echo "no stick: $1" >&2
    return 1
}

# again COMMAND: runs it, and once more if the wallet left in the middle, as a script may have it do.
again() {
    "$@" || { plugged 1 && sleep 1 && "$@"; }
}

# whole_or_none WALLET: every set in the copies a and b is whole; a create works on what is there, if it is
# tried with it for the first time. Then removes the copies.
whole_or_none() {
    local copy there
    for copy in a b; do
        if ls -A "/guest/$copy/stockade" 2>/dev/null | grep -q hoodi; then
            stockade backup scrub "/guest/$copy" || return 1
        fi
    done
    there=$1$(cd /guest && find a b | sed 's/[0-9a-f]\{8,\}/X/g' | sort)
    if [[ $there != "$1"$'a\nb' ]] && ! grep -qxF "$(md5sum <<<"$there")" /guest/tried 2>/dev/null; then
        stockade -q --device "mock-$1" validator create --network hoodi --count 1 --copy /guest/a /guest/b || return 1
        stockade backup scrub /guest/a /guest/b || return 1
        md5sum <<<"$there" >>/guest/tried
    fi
    rm -rf /guest/a /guest/b
}

# checked NAME DEVICE CHECK: a stick's file system is checked as a user would, and mounted.
checked() {
    $3 "$2" >/guest/fsck 2>&1 || [[ $? -lt 4 ]] || cat /guest/fsck
    mkdir -p "/media/$1"
    mount -t "$1" "$2" "/media/$1"
}

# sets_on NAME: the sets on a stick. One that is being replaced is found under another name, and put back by the next
# command that writes.
sets_on() {
    ls -A "/media/$1/stockade" | sed 's/^\.\(.*\)\.old$/\1/' | xargs
}

# look NAME DEVICE CHECK: the sum of all files on a stick, its sets, and what a scrub of it ends with and says, if
# these files were not seen before.
look() {
    checked "$@" || return 1
    local tree
    tree=$(cd "/media/$1" && find . -type f -exec sha256sum {} + -o -print | sort | sha256sum)
    echo "$tree"
    sets_on "$1"
    if ! grep -qxF "$1 $tree" /guest/trees 2>/dev/null; then
        echo "$1 $tree" >>/guest/trees
        stockade --json backup scrub "/media/$1" >/guest/scrub 2>/guest/errors
        echo $?
        cat /guest/errors
        grep -A 8 '"verdicts"' /guest/scrub
    fi
    umount "/media/$1"
}

# together NAME:DEVICE:CHECK..: nothing is contradicted on the sticks together, a missing set is said, and a repair makes
# them the same.
together() {
    local stick name device check code right=0 names=() sets
    for stick in "$@"; do
        IFS=: read -r name device check <<<"$stick"
        checked "$name" "$device" "$check" || return 1
        names+=("/media/$name")
    done
    sets=$(for name in "${names[@]}"; do ls "$name/stockade" | grep hoodi; done | sort | uniq -c | grep -vc " ${#names[@]} ")
    stockade --json backup scrub "${names[@]}" >/guest/scrub 2>/guest/errors
    code=$?
    if [[ -z $ROTTEN ]] && grep -A 1 '"verdict": "contradicted"' /guest/scrub | grep '"reason"' | grep -v '"missing"'; then
        echo "scrub ends with $code"; cat /guest/scrub; right=1
    elif [[ $code -gt 1 || ( $sets -gt 0 && $code == 0 ) ]]; then
        echo "$sets sets are not everywhere, scrub ends with $code"; cat /guest/errors /guest/scrub; right=1
    fi
    stockade --device mock-ledger backup repair "${names[@]}" >/guest/repair 2>&1 || { echo "repair: $?"; cat /guest/repair; right=1; }
    stockade --json backup scrub "${names[@]}" >/guest/scrub 2>/guest/errors || { echo "scrub after repair: $?"; cat /guest/scrub; right=1; }
    for name in "${names[@]}"; do
        for stick in "${names[0]}"/stockade/*hoodi*; do
            diff -r "$stick" "$name/stockade/${stick##*/}" || right=1
        done
    done
    umount "${names[@]}"
    return $right
}
