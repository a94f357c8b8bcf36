// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Verifies an exported Gatehouse record. Written from record-format.md alone, without sight of
// Gatehouse's own code, so that the two can be held against each other. Node.js >= 18, nothing else.
// Exit status: 0 all holds; 1 something does not; 2 a file cannot be read, or wrong usage.

import { createHash, createPublicKey, verify } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const USAGE = 'usage: verify-record.mjs FILE [--public-key HEX] [--witness WITNESS_FILE_OR_CODE] [--json]';
const LONGEST_LINE = 16 * 1024 * 1024;
const LONGEST_FACT = 64 * 1024; // bytes of UTF-8
const LONGEST_PAYLOAD = 8 * 1024 * 1024; // bytes, as they are written between quotation marks
const CLOCK_SET_BACK = 60_000n; // milliseconds

class CannotRead extends Error {} // no verdict is possible
class Malformed extends Error {} // text that is not of the form asked for
class Fault extends Error { // the record does not hold; `at` is the number of an entry or line, or null
  constructor(name, at, words) { super(words); Object.assign(this, { name, at }); }
}
const must = (condition, name, at, words) => { if (!condition) throw new Fault(name, at, words); };
const need = (condition) => { if (!condition) throw new Malformed(); };
const isText = (value) => typeof value === 'string';

// ---- Reading. JSON.parse only for single strings: it rounds integers, and of two equal names silently takes the last.
// Space between tokens is passed over, for witness files; in a record, `readLine` refuses it.

class Reader {
  constructor(content) { // "fatal": refuse what is not UTF-8; "ignoreBOM": keep it
    this.text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
    this.at = 0;
  }
  peek() {
    while (this.at < this.text.length && ' \t\r\n'.includes(this.text[this.at])) this.at += 1;
    return this.text[this.at];
  }
  take(character) { need(this.peek() === character); this.at += 1; }
  string() {
    this.take('"');
    const start = this.at - 1;
    while (this.at < this.text.length && this.text[this.at] !== '"') this.at += this.text[this.at] === '\\' ? 2 : 1;
    this.take('"');
    const value = JSON.parse(this.text.slice(start, this.at));
    need(!/\p{Surrogate}/u.test(value)); // half a pair has no UTF-8, yet JSON.stringify would write its escape again
    return value;
  }
  integer() {
    this.peek();
    const [digits] = /^-?[0-9]{1,19}/.exec(this.text.slice(this.at, this.at + 20)) ?? [];
    need(digits && BigInt.asIntN(64, BigInt(digits)) === BigInt(digits));
    this.at += digits.length;
    return BigInt(digits);
  }
}

// ---- Forms: each reads a value, or refuses what is there, and writes it in the one canonical way.
// Bytes stay hexadecimal throughout: they have one spelling, so comparing the digits is comparing the bytes.

const textThat = (accepts) => ({
  read: (reader) => { const value = reader.string(); need(accepts(value)); return value; },
  write: (value) => JSON.stringify(value), // escapes precisely what the format escapes, lone surrogates aside
});
const TEXT = textThat(() => true);
const PAYLOAD = textThat((value) => Buffer.byteLength(JSON.stringify(value)) - 2 <= LONGEST_PAYLOAD);
const bytesOf = (...lengths) => textThat((value) => lengths.includes(value.length / 2) && !/[^0-9a-f]/.test(value));
const isName = (value) => /^[a-z0-9._ -]+$/.test(value);
const NAME = textThat(isName);
const UUID = textThat((value) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value));
const INTEGER = { read: (reader) => reader.integer(), write: String };
const FORMAT = { read: (reader) => { need(reader.integer() === 1n); return 1n; }, write: String };
const kind = (name) => textThat((value) => value === name);
const writeFact = ([name, value]) => `${TEXT.write(name)}:${(isText(value) ? TEXT : INTEGER).write(value)}`;
const FACTS = { // a list of [name, value]
  read: (reader) => {
    const facts = [];
    reader.take('{');
    while (reader.peek() !== '}') {
      if (facts.length > 0) reader.take(',');
      const name = reader.string();
      need(isName(name));
      need(facts.length === 0 || Buffer.compare(Buffer.from(facts.at(-1)[0]), Buffer.from(name)) < 0); // so each is there once
      reader.take(':');
      const value = reader.peek() === '"' ? reader.string() : reader.integer();
      need(!isText(value) || Buffer.byteLength(value) <= LONGEST_FACT);
      facts.push([name, value]);
    }
    reader.take('}');
    return facts;
  },
  write: (facts) => `{${facts.map(writeFact).join(',')}}`,
};
const object = (members) => ({ // of these members, all of them, in this order; only a last one may be optional
  read: (reader) => {
    const value = {};
    for (const [index, [name, form]] of Object.entries(members).entries()) {
      if (form.optional && reader.peek() === '}') break;
      reader.take(index === 0 ? '{' : ',');
      need(reader.string() === name);
      reader.take(':');
      value[name] = form.read(reader);
    }
    reader.take('}');
    return value;
  },
  write: (value) => `{${Object.keys(value).map((name) => `"${name}":${members[name].write(value[name])}`).join(',')}}`,
});
const STATEMENT = {
  instance: UUID, count: INTEGER, head: bytesOf(32), time: INTEGER, public_key: bytesOf(32), signature: bytesOf(64),
};
const FIRST_LINE = object({ kind: kind('gatehouse-record'), format: FORMAT, checkpoint: object(STATEMENT) });
const WITNESS_FILE = object({ kind: kind('gatehouse-witness'), format: FORMAT, checkpoint: object(STATEMENT), code: TEXT });
const CHECKPOINT_LINE = object({ kind: kind('checkpoint'), ...STATEMENT });
const ENTRY_LINE = object({
  kind: kind('entry'), sequence: INTEGER, time: INTEGER, latest: INTEGER, instance: UUID, actor: NAME, action: NAME,
  subject: bytesOf(0, 16), facts: FACTS, commitment: bytesOf(0, 32), previous: bytesOf(32), hash: bytesOf(32),
  payload: { ...object({ salt: bytesOf(16), text: PAYLOAD }), optional: true },
});

function readAll(content, form) {
  const reader = new Reader(content);
  const value = form.read(reader);
  need(reader.peek() === undefined);
  return value;
}
/** Reads a line, given with its line feed, and refuses every spelling of it but the canonical one. */
function readLine(record, line, form) {
  try {
    const value = readAll(line, form);
    need(Buffer.from(`${form.write(value)}\n`).equals(line));
    return value;
  } catch { // whatever stops the reading of a line is the fault of the line
    throw new Fault('line', record.line, 'it is not what the format demands there, or not written in its one way');
  }
}

// ---- Encoding, hashes, signatures.

const bigEndian = (length) => { const four = Buffer.alloc(4); four.writeUInt32BE(length); return four; };
const field = (tag, content) => Buffer.concat([Buffer.of(tag), bigEndian(content.length), content]);
const bytes = (hex) => field(1, Buffer.from(hex, 'hex'));
const uuid = (value) => bytes(value.replaceAll('-', ''));
const text = (value) => field(2, Buffer.from(value));
const integer = (value) => { const content = Buffer.alloc(8); content.writeBigInt64BE(value); return field(3, content); };
const fact = ([name, value]) => Buffer.concat([text(name), isText(value) ? text(value) : integer(value)]);
const facts = (list) => field(4, Buffer.concat(list.map(fact)));
const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();

const hashOf = (e) => sha256(
  text('gatehouse record entry 1'), integer(e.sequence), integer(e.time), integer(e.latest), uuid(e.instance), text(e.actor),
  text(e.action), bytes(e.subject), facts(e.facts), bytes(e.commitment), bytes(e.previous),
).toString('hex');

function codeOf({ instance, count, head }) {
  const digest = sha256(text('gatehouse record code 1'), uuid(instance), integer(count), bytes(head));
  const bits = [...digest.subarray(0, 20)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters = bits.replace(/.{5}/g, (five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[parseInt(five, 2)]);
  return `GH-${count}-${letters.match(/.{4}/g).join('-')}`;
}

const littleEndian = (content) => BigInt(`0x${Buffer.from(content).reverse().toString('hex')}`);
const PRIME = 2n ** 255n - 19n; // of the field of Ed25519; ORDER is that of its base point
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const Y_OF_ORDER_8 = littleEndian(Buffer.from('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'hex'));
const SMALL_ORDER = [0n, 1n, PRIME - 1n, Y_OF_ORDER_8, PRIME - Y_OF_ORDER_8];

/** Under a key of small order everybody can sign. OpenSSL takes such points, and second spellings of a point. */
function isSoundPoint(point) {
  const y = BigInt.asUintN(255, littleEndian(point)); // without the bit for the sign of x
  return y < PRIME && !SMALL_ORDER.includes(y);
}
function isSigned(c) {
  const key = Buffer.from(c.public_key, 'hex');
  const signature = Buffer.from(c.signature, 'hex');
  if (!isSoundPoint(key) || !isSoundPoint(signature.subarray(0, 32))) return false;
  if (littleEndian(signature.subarray(32)) >= ORDER) return false; // S + ORDER would be a second signature
  const content = [text('gatehouse record checkpoint 1'), uuid(c.instance), integer(c.count), bytes(c.head), integer(c.time)];
  const keyObject = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') }, format: 'jwk' });
  return verify(null, Buffer.concat(content), keyObject, signature);
}

// ---- The steps of "Verifying a file". All that is remembered of what was read is in `record`.

async function verifyRecord(record, path, publicKey, witness) {
  for await (const line of linesOf(path)) {
    record.line += 1;
    must(line, 'line', record.line, 'it is longer than a line may be');
    if (!record.checkpoint) takeFirstLine(record, line);
    else if (line.indexOf('{"kind":"checkpoint"') === 0) takeCheckpointLine(record, readLine(record, line, CHECKPOINT_LINE));
    else takeEntry(record, readLine(record, line, ENTRY_LINE));
    if (record.place === witness?.count) compareWithWitness(record, witness);
  }
  must(record.checkpoint, 'line', 1, 'the file is empty');
  takeEnd(record, publicKey, witness);
}

/** The lines of a file, each with its line feed if it has one; null for one that is too long, and then no more. Holds one line, never the file. */
async function* linesOf(path) {
  let pieces = [];
  let length = 0;
  for await (const chunk of createReadStream(path)) {
    for (let start = 0, end; start < chunk.length; start = end) {
      const feed = chunk.indexOf(0x0a, start);
      end = feed < 0 ? chunk.length : feed + 1;
      pieces.push(chunk.subarray(start, end));
      length += end - start;
      if (length > LONGEST_LINE) { yield null; return; }
      if (feed >= 0) { yield Buffer.concat(pieces); pieces = []; length = 0; }
    }
  }
  if (length > 0) yield Buffer.concat(pieces);
}

function takeFirstLine(record, line) {
  record.checkpoint = readLine(record, line, FIRST_LINE).checkpoint;
  must(isSigned(record.checkpoint), 'checkpoint-unsigned', record.checkpoint.count, 'the signature in the first line is not good');
}

function takeEntry(record, e) {
  const at = record.place + 1n;
  must(e.sequence === at, 'missing', at, 'the entry with this number is not in its place');
  must(e.hash === hashOf(e), 'changed', at, 'the hash is not that of the entry');
  must(e.previous === record.head, 'unlinked', at, 'the entry does not name the hash of the one before');
  must(e.instance === record.checkpoint.instance, 'foreign', at, 'the entry is of another installation');
  must(e.latest === (e.time > record.latest ? e.time : record.latest), 'time', at, '"latest" is not the greatest time so far');
  must((e.action === 'record.began') === (at === 1n), 'missing', 1n, '"record.began" is not the first entry, or not it alone');
  if (['record.began', 'record.keys-replaced'].includes(e.action)) {
    record.publicKey = e.facts.find(([name]) => name === 'public_key')?.[1];
    must(isText(record.publicKey) && /^[0-9a-f]{64}$/.test(record.publicKey), 'unreadable', at, 'it does not name a public key');
    record.keys += 1;
    record.keysSince = at;
  }
  if (e.action === 'record.verification-failed') {
    record.failed += 1;
    record.failedAt = at;
  }
  if (e.payload) {
    const commitment = sha256(Buffer.from(e.payload.salt, 'hex'), Buffer.from(e.payload.text)).toString('hex');
    must(commitment === e.commitment, 'payload-changed', at, 'it committed to another payload');
  }
  Object.assign(record, { place: at, head: e.hash, latest: e.latest, firstTime: record.firstTime ?? e.time, lastTime: e.time });
  if (e.latest - e.time > CLOCK_SET_BACK) record.setBack += 1;
}

function takeCheckpointLine(record, c) {
  must(c.count > record.checkpointBefore, 'line', record.line, 'the checkpoint is not of more entries than the one before');
  record.checkpointBefore = c.count;
  takeCheckpoint(record, c);
}

function takeCheckpoint(record, c) {
  const signed = c.public_key === record.publicKey && c.instance === record.checkpoint.instance && isSigned(c);
  must(signed, 'checkpoint-unsigned', c.count, 'it is not signed by the key of the record, or for its installation');
  must(c.count === record.place && c.head === record.head, 'checkpoint-differs', c.count, 'the entries before it are others');
}

function compareWithWitness({ place, head, checkpoint: { instance } }, { code, checkpoint }) {
  // A code has 160 bits of the hash; where there is a whole checkpoint, all 256 are compared.
  const same = checkpoint ? checkpoint.head === head && checkpoint.instance === instance
    : codeOf({ instance, count: place, head }) === code;
  must(same, 'checkpoint-differs', place, 'the entries up to here are not those that the witness saw');
}

function takeEnd(record, publicKey, witness) {
  const { checkpoint: c, place, head } = record;
  const complete = c.count === place && c.head === head;
  must(complete, 'incomplete', null, `the first line promises ${c.count} entries, the file ends after ${place}`);
  must(place > 0n, 'missing', 1n, 'there is no entry');
  takeCheckpoint(record, c);
  must(c.public_key === (publicKey ?? c.public_key), 'other-key', null, `the key that signed is ${c.public_key}`);
  must(!(witness?.count > place), 'cut-off', place, `the witness saw ${witness?.count} entries, the record ends after ${place}`);
}

// ---- The command.

function readWitness(argument) {
  const [gh, number, ...letters] = argument.toUpperCase().split('-');
  const meant = letters.map((four) => four.replaceAll('0', 'O').replaceAll('1', 'I').replaceAll('8', 'B'));
  const code = [gh, number, ...meant].join('-');
  const [, count] = /^GH-([1-9][0-9]{0,18})(?:-[A-Z2-7]{4}){8}$/.exec(code) ?? [];
  if (count) return { count: BigInt(count), code };
  try {
    const { checkpoint, code } = readAll(readFileSync(argument), WITNESS_FILE);
    need(checkpoint.count > 0n && code === codeOf(checkpoint) && isSigned(checkpoint)); // else it is none: it contradicts itself
    return { count: checkpoint.count, checkpoint };
  } catch (error) {
    throw new CannotRead(`${argument}: neither a code nor a sound witness file${error.code ? ` (${error.code})` : ''}`);
  }
}

function readArguments() {
  try {
    const options = { 'public-key': { type: 'string' }, witness: { type: 'string' }, json: { type: 'boolean' } };
    const { values, positionals: [path, ...more] } = parseArgs({ options, allowPositionals: true });
    const publicKey = values['public-key']?.toLowerCase();
    need(path && more.length === 0 && /^[0-9a-f]{64}$/.test(publicKey ?? '00'.repeat(32)));
    return { path, publicKey, argument: values.witness, json: values.json };
  } catch {
    throw new CannotRead(USAGE);
  }
}

function iso(time) { // 64 bits reach further than the calendar of JavaScript
  const date = new Date(Number(time));
  return Number.isNaN(date.getTime()) ? `${time} ms from 1970` : date.toISOString();
}

const report = (record, publicKey, witness) => `All of it holds.
Entries:     ${record.place}, of them ${record.setBack} written while the clock was set back
First entry: ${iso(record.firstTime)}
Last entry:  ${iso(record.lastTime)}
Public key:  ${record.checkpoint.public_key} (${publicKey ? 'the one you gave' : 'whose it is, learn elsewhere'})
Faults told: ${record.failed}${record.failed > 0 ? `, the last by entry ${record.failedAt}: what was wrong then need not be in what holds now` : ''}
Keys so far: ${record.keys}${record.keys > 1 ? `, the last since entry ${record.keysSince}: nothing shows that who held the one before agreed` : ''}
Witness:     ${witness ? `holds for the first ${witness.count} entries; ${record.place - witness.count} came after it` : 'none was given'}`;

const faultReport = ({ name, at, message }, line) =>
  `It does not hold. The first fault is "${name}", at ${at === null || name === 'line' ? '' : `entry ${at}, `}line ${line}: ${message}.`;

async function main() {
  const { path, publicKey, argument, json } = readArguments();
  const print = (holds, entries, fault, at, words) =>
    console.log(json ? `{"holds":${holds},"entries":${entries},"fault":${JSON.stringify(fault)},"at":${at}}` : words);
  const record = { line: 0, checkpoint: null, place: 0n, head: '00'.repeat(32), latest: -(2n ** 63n), keys: 0, setBack: 0, failed: 0, checkpointBefore: 0n };
  try {
    const witness = argument === undefined ? undefined : readWitness(argument);
    await verifyRecord(record, path, publicKey, witness);
    print(true, record.place, null, null, report(record, publicKey, witness));
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    print(false, null, error.name, error.at, faultReport(error, record.line));
    process.exitCode = 1;
  }
}
await main().catch((error) => { console.error(error.message); process.exitCode = 2; });
