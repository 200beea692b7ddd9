//! Packets and streams, as they are put together into messages.

use std::time::Duration;

use stockade::{
    ledger::{
        Apdu, Exchange as _, StreamExchange,
        framing::{self, MAX_REPLY},
    },
    transport::{ByteStream, Packet, TransportError, Wait},
    trezor::codec_v1::{self, MAX_MESSAGE, Message},
};

/// The input in packets; the last is padded.
pub(super) fn in_packets(data: &[u8]) -> Vec<Packet> {
    let packet = |chunk: &[u8]| {
        let mut packet = [0; 64];
        packet[..chunk.len()].copy_from_slice(chunk);
        packet
    };
    data.chunks(64).map(packet).collect()
}

/// Until it is complete, or an error.
type Assembled<T> = Result<Option<T>, ()>;

/// What the format's description says of these packets, without our assembler.
fn hid_by_the_book(channel: u16, packets: &[Packet]) -> Assembled<Vec<u8>> {
    let (mut reply, mut length) = (Vec::new(), 0);
    let own = packets.iter().filter(|packet| packet[..2] == channel.to_be_bytes());
    for (number, packet) in own.enumerate() {
        if packet[2] != 5 || usize::from(u16::from_be_bytes([packet[3], packet[4]])) != number {
            return Err(());
        }
        if number == 0 {
            length = usize::from(u16::from_be_bytes([packet[5], packet[6]]));
            if !(2..=MAX_REPLY).contains(&length) {
                return Err(());
            }
            reply.extend_from_slice(&packet[7..]);
        } else {
            reply.extend_from_slice(&packet[5..]);
        }
        if reply.len() >= length {
            reply.truncate(length);
            return Ok(Some(reply));
        }
    }
    Ok(None)
}

fn hid_assembled(channel: u16, packets: &[Packet]) -> Assembled<Vec<u8>> {
    let mut assembler = framing::Assembler::new(channel);
    for packet in packets {
        if let Some(reply) = assembler.push(packet).map_err(|_| ())? {
            return Ok(Some(reply.to_vec()));
        }
    }
    Ok(None)
}

/// A Ledger's HID packets.
pub(super) fn hid_packets(data: &[u8]) {
    let packets = in_packets(data);
    let channel = packets.first().map_or(0, |first| u16::from_be_bytes([first[0], first[1]]));
    let assembled = hid_assembled(channel, &packets);
    let _ = assembled.as_ref().is_ok_and(|a| a.is_some()).then(super::understood);
    super::same(assembled, hid_by_the_book(channel, &packets));

    let sent = framing::packets(channel, data).ok();
    super::same(sent.is_some(), u16::try_from(data.len()).is_ok());
    if let Some(sent) = sent.filter(|_| (2..=MAX_REPLY).contains(&data.len())) {
        super::same(hid_assembled(channel, &sent), Ok(Some(data.to_vec())));
    }
}

fn codec_by_the_book(packets: &[Packet]) -> Assembled<(u16, Vec<u8>)> {
    let Some((first, rest)) = packets.split_first() else { return Ok(None) };
    let kind = u16::from_be_bytes([first[3], first[4]]);
    let length = u32::from_be_bytes([first[5], first[6], first[7], first[8]]) as usize;
    if &first[..3] != b"?##" || length > MAX_MESSAGE {
        return Err(());
    }
    let mut payload = first[9..].to_vec();
    let mut rest = rest.iter();
    while payload.len() < length {
        let Some(packet) = rest.next() else { return Ok(None) };
        if packet[0] != b'?' {
            return Err(());
        }
        payload.extend_from_slice(&packet[1..]);
    }
    payload.truncate(length);
    Ok(Some((kind, payload)))
}

fn codec_assembled(packets: &[Packet]) -> Assembled<(u16, Vec<u8>)> {
    let mut assembler = codec_v1::Assembler::default();
    for packet in packets {
        if let Some(message) = assembler.push(packet).map_err(|_| ())? {
            assert!(message.payload.capacity() <= MAX_MESSAGE);
            return Ok(Some((message.kind, message.payload.to_vec())));
        }
    }
    Ok(None)
}

/// A Trezor's packets in codec v1.
pub(super) fn codec_v1_packets(data: &[u8]) {
    let packets = in_packets(data);
    let assembled = codec_assembled(&packets);
    let _ = assembled.as_ref().is_ok_and(|a| a.is_some()).then(super::understood);
    super::same(assembled, codec_by_the_book(&packets));

    let kind = data.len() as u16;
    let message = Message { kind, payload: data.to_vec().into() };
    if let Ok(sent) = codec_v1::packets(&message) {
        super::same(codec_assembled(&sent), Ok(Some((kind, data.to_vec()))));
    }
}

/// Delivers the bytes in parts of uneven size, then nothing any more.
struct Drip<'a>(&'a [u8]);

impl ByteStream for Drip<'_> {
    fn send(&mut self, _bytes: &[u8]) -> Result<(), TransportError> {
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8], _wait: Duration) -> Result<usize, TransportError> {
        let step = 1 + self.0.len() % 7;
        let part = self.0.len().min(buffer.len()).min(step);
        if part == 0 {
            return Err(TransportError::Disconnected);
        }
        let (taken, rest) = self.0.split_at(part);
        buffer[..part].copy_from_slice(taken);
        self.0 = rest;
        Ok(part)
    }
}

/// Speculos' stream.
pub(super) fn speculos_stream(data: &[u8]) {
    let mut stream = StreamExchange::new(Drip(data));
    let Ok(apdu) = Apdu::new([0xe0, 6, 0, 0], Vec::new()) else { return };
    let mut rest = data;
    loop {
        let wait = Wait::uncancelled(Duration::from_secs(5));
        let got = stream.exchange(&apdu, wait).ok().map(|reply| reply.into_data().ok());
        let expected = rest.split_at_checked(4).and_then(|(head, after)| {
            let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
            (length <= MAX_REPLY - 2).then(|| after.split_at_checked(length + 2)).flatten()
        });
        let Some((reply, after)) = expected else {
            assert!(got.is_none());
            return;
        };
        rest = after;
        super::understood();
        let (content, status) = reply.split_at(reply.len() - 2);
        let content = (status == [0x90, 0]).then(|| content.to_vec());
        super::same(got, Some(content.map(Into::into)));
    }
}
