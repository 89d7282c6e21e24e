// Verifies a Web eID token as a site does, with the Web Cryptography of Node.js: the public key of the certificate, and
// H(origin) followed by H(nonce). Prints «verified» or «refused».
//
//   node web_eid.mjs FILE ORIGIN NONCE      FILE is the token, JSON

import { X509Certificate, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';

const { subtle } = webcrypto;
const [file, origin, nonce] = process.argv.slice(2);
const token = JSON.parse(readFileSync(file, 'utf8'));

const certificate = new X509Certificate(Buffer.from(token.unverifiedCertificate, 'base64'));
const spki = certificate.publicKey.export({ type: 'spki', format: 'der' });
const [hash, key] = {
  ES384: ['SHA-384', { name: 'ECDSA', namedCurve: 'P-384' }],
  RS256: ['SHA-256', { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }],
}[token.algorithm];

const digest = async (text) => Buffer.from(await subtle.digest(hash, new TextEncoder().encode(text)));
const signed = Buffer.concat([await digest(origin), await digest(nonce)]);
const verifier = await subtle.importKey('spki', spki, key, false, ['verify']);
// ECDSA in Web Cryptography is r‖s, as in the token; DER would not verify.
const good = await subtle.verify({ name: key.name, hash }, verifier, Buffer.from(token.signature, 'base64'), signed);
console.log(good ? 'verified' : 'refused');
