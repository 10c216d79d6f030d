// SPDX-License-Identifier: GPL-3.0-or-later
// Ours and @noble/post-quantum's ML-KEM-768 on random inputs: keys, ciphertexts and shared secrets have to be the same.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { ml_kem768 as noble } from '@noble/post-quantum/ml-kem.js';

const RUNS = 200;

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const driver = spawn(process.argv[2], { stdio: ['pipe', 'pipe', 'inherit'] });
const answers = createInterface({ input: driver.stdout })[Symbol.asyncIterator]();

async function ours(command, ...inputs) {
  driver.stdin.write([command, ...inputs.map(hex)].join(' ') + '\n');
  const { value, done } = await answers.next();
  if (done) throw new Error('the driver ended');
  return value;
}

function same(what, a, b) {
  if (a !== b) throw new Error(`${what} differ:\nours  ${a}\nnoble ${b}`);
}

for (let i = 0; i < RUNS; i++) {
  const seed = randomBytes(64);
  const m = randomBytes(32);
  const key = noble.keygen(seed);
  same('keys', await ours('keygen', seed), hex(key.publicKey) + ' ' + hex(key.secretKey));

  const sent = noble.encapsulate(key.publicKey, m);
  same('encapsulations', await ours('encaps', key.publicKey, m), hex(sent.cipherText) + ' ' + hex(sent.sharedSecret));
  same('shared secrets', await ours('decaps', key.secretKey, sent.cipherText), hex(sent.sharedSecret));

  const foreign = i % 2 ? randomBytes(1088) : Buffer.from(sent.cipherText);
  foreign[i % 1088] ^= 1 << i % 8;
  same('rejections', await ours('decaps', key.secretKey, foreign), hex(noble.decapsulate(foreign, key.secretKey)));
}
driver.stdin.end();
console.log(`${RUNS} runs agree with @noble/post-quantum`);
