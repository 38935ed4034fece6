// What somebody does who owns a service's machine and has its signing key: changes an event, and makes every hash and every checkpoint
// behind it right. Shares nothing with the code that is to find it.   node rechain.mjs FOLDER SEED_BASE64 FROM TO
import { createHash, createPrivateKey, sign } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const [folder, seed, from, to] = process.argv.slice(2);
const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.from(seed, 'base64')]);
const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
const [name, id] = readFileSync(`${folder}/checkpoint.pub`, 'utf8').trim().split('\n').at(-1).split('+');
const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const node = (left, right) => sha256(Buffer.of(1), left, right);

/** RFC 9162 §2.1.1. */
function root(leaves) {
  if (leaves.length < 2) return leaves[0] ?? sha256(Buffer.alloc(0));
  const half = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  return node(root(leaves.slice(0, half)), root(leaves.slice(half)));
}

function signed(origin, leaves) {
  const text = `${origin}\n${leaves.length}\n${root(leaves).toString('base64')}\n`;
  const signature = Buffer.concat([Buffer.from(id, 'hex'), sign(null, Buffer.from(text), key)]);
  return `${text}\n— ${name} ${signature.toString('base64')}\n`;
}

const [file, ...more] = readdirSync(folder).filter((one) => /\.journal(\.gz)?$/.test(one));
if (more.length > 0) throw new Error('only a journal of one file');
const leaves = [];
let [changed, last, previous] = [0, '', Buffer.alloc(32).toString('base64url')];
const lines = readFileSync(`${folder}/${file}`, 'utf8').trimEnd().split('\n');
const written = lines.map((line) => {
  if (line.startsWith('h ')) return line;
  let json = line.slice(46);
  if (json.startsWith('{"checkpoint":')) {
    const record = JSON.parse(json);
    last = signed(record.checkpoint.split('\n')[0], leaves);
    json = JSON.stringify({ ...record, checkpoint: last });
  } else if (json.includes(from)) {
    json = json.replaceAll(from, to);
    changed += 1;
  }
  const leaf = sha256(Buffer.of(0), Buffer.from(`${previous} ${json}`));
  leaves.push(leaf);
  previous = leaf.toString('base64url');
  return `r ${previous} ${json}`;
});
if (changed === 0) throw new Error(`no event has ${from}`);
writeFileSync(`${folder}/${file}`, `${written.join('\n')}\n`);
writeFileSync(`${folder}/checkpoint`, last);
console.log(`changed ${changed} events of ${leaves.length} records, and signed them anew`);
