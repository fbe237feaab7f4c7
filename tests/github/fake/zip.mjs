// A zip archive, written. Knows nothing else.
import { crc32, deflateRawSync } from "node:zlib";

export function pack(entries) {
  const parts = [];
  const directory = [];
  let at = 0;
  for (const [name, content] of entries) {
    const data = deflateRawSync(content);
    const title = Buffer.from(name);
    const common = Buffer.alloc(26);
    [20, 0x800, 8, 0, 0x21].forEach((value, index) => common.writeUInt16LE(value, index * 2));
    [crc32(content), data.length, content.length].forEach((value, index) => common.writeUInt32LE(value, 10 + index * 4));
    common.writeUInt16LE(title.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, title, data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(at, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00"), common, tail, title]));
    parts.push(local);
    at += local.length;
  }
  const index = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  [entries.length, entries.length].forEach((value, offset) => end.writeUInt16LE(value, 8 + offset * 2));
  end.writeUInt32LE(index.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, index, end]);
}
