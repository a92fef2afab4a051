// What went over a recorded network, as whoever stands at the relay reads it: masked WebSocket frames are unmasked.
const MASKED = 0x80;

/** The payloads of the frames in `bytes`, masked or not; a last frame that is cut off is left as it is. */
function payloads(bytes) {
  const found = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const masked = (bytes[at + 1] & MASKED) !== 0;
    const short = bytes[at + 1] & 0x7f;
    let head = short === 127 ? 10 : short === 126 ? 4 : 2;
    if (at + head + (masked ? 4 : 0) > bytes.length) break;
    const length = short === 127 ? Number(bytes.readBigUInt64BE(at + 2)) : short === 126 ? bytes.readUInt16BE(at + 2) : short;
    const mask = masked ? bytes.subarray(at + head, at + head + 4) : null;
    head += masked ? 4 : 0;
    const payload = bytes.subarray(at + head, at + head + length);
    found.push(mask === null ? payload : Buffer.from(payload.map((byte, n) => byte ^ mask[n % 4])));
    at += head + length;
  }
  return found;
}

/** One direction of one connection: as it was, and for a WebSocket its frames in the clear as well. */
function readable(chunks) {
  const bytes = Buffer.concat(chunks);
  const end = bytes.indexOf('\r\n\r\n');
  const socket = end !== -1 && /upgrade: websocket/i.test(bytes.subarray(0, end).toString('latin1'));
  return socket ? [bytes, ...payloads(bytes.subarray(end + 4))] : [bytes];
}

/** Everything that browsers sent. */
export const sent = (network) => Buffer.concat(network.recorded.flatMap(({ sent }) => readable(sent)));
/** Everything that the relay answered. */
export const received = (network) => Buffer.concat(network.recorded.flatMap(({ received }) => readable(received)));
