//! The wire: framing, exchanges, and what happens when a packet is lost or damaged.
