# In the guest: runs what comes over the second serial port, one command a line (seconds, and base64), and
# answers with its exit code and what it printed, in base64.
of_kernel() { sed -n "s/.* $1=\\([^ ]*\\).*/\\1/p" /proc/cmdline; }
modules=$(of_kernel modules)
made=${modules%/kernel/lib/modules}
mkdir -p /lib/modules
mount --bind "$modules" /lib/modules
mkdir -p /guest
for folder in /guest /run /media; do mount -t tmpfs "memory$folder" "$folder"; done
mkdir -p /dev/pts
mount -t devpts pts /dev/pts
ln -sf /proc/self/fd /dev/fd
modprobe usb-storage delay_use=0
for module in vhci-hcd usbhid hid-generic xhci-pci usb-storage sd_mod vfat exfat ext4 crc32c_generic nls_cp437 nls_ascii nls_utf8; do
    modprobe "$module" || echo "no module $module" >/dev/console
done
export HOME=/guest/home BASH_ENV=${BASH_SOURCE[0]%/*}/guest.sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH=$(of_kernel bin):$PATH
export NODE_HID=$made/node-hid CHROMIUM=$made/chromium PARTIES=${made%/*}/parties/venv
mkdir -p "$HOME"
cd /guest
exec 3<>/dev/ttyS1
stty -F /dev/ttyS1 raw -echo
echo "ready $(cut -d' ' -f1 /proc/uptime)" >&3
while read -r line <&3; do
    printed=$(timeout -k 5 "${line%% *}" bash -c "$(base64 -d <<<"${line#* }")" 2>&1 </dev/null)
    code=$?
    echo "$code $(head -c 20000 <<<"$printed" | base64 -w0)" >&3
done
