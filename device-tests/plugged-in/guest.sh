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
            [[ $used == *" $port "* ]] || usbip --tcp-port "$port" attach -r 127.0.0.1 -b 1-1
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
