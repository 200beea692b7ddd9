use std::net::{SocketAddr, TcpListener};

use stockade_mocks::usbip::{BUS_ID, Gadget, PORT, serve as serve_usbip};

use super::{
    beside::BesideArgs,
    setup::{Begun, socket},
};
use crate::{
    CommandResult,
    context::Context,
    output::{self, Outcome},
};

/// Where `usbip` looks when no port is named.
pub const DEFAULT: &str = "127.0.0.1:3240";

/// What there is besides the wallet.
pub struct Beside<'a> {
    /// Where its buttons are pressed.
    pub rest: Option<SocketAddr>,
    pub command: &'a BesideArgs,
}

/// Serves `gadget`, a wallet of `vendor`, at `listen` until the process is stopped.
pub fn serve(
    listen: &str,
    vendor: &str,
    gadget: impl Gadget + 'static,
    beside: Beside<'_>,
    context: &mut Context,
) -> CommandResult {
    let listener = TcpListener::bind(listen).map_err(|e| socket(listen, &e))?;
    let at = listener.local_addr().map_err(|e| socket(listen, &e))?;
    let port = if at.port() == PORT { String::new() } else { format!("--tcp-port {} ", at.port()) };
    let device = vendor.to_lowercase();
    let mut announcement = format!(
        "A simulated {vendor} on USB. Attach it as root: usbip {port}attach -r {} -b {BUS_ID}; then use \
         --device {device}",
        at.ip(),
    );
    let mut begun = Begun::new(device.clone());
    (begun.usbip, begun.bus_id) = (Some(at.to_string()), Some(BUS_ID));
    if let Some(rest) = beside.rest {
        announcement += &format!(", and http://{rest}");
        begun.rest = Some(format!("http://{rest}"));
    }
    context.terminal.say(&announcement);
    if context.json {
        output::begun(begun);
    }
    beside.command.start(&device)?;
    serve_usbip(&listener, gadget).map_err(|e| socket(listen, &e))?;
    Ok(Outcome::empty())
}
