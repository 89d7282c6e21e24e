// Certification authorities of the tests, made with openssl.

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { facts } from './facts.mjs';

const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });

/** The constraints of a certificate as openssl prints them. */
export const constraints = (file) => openssl('x509', '-in', file, '-noout', '-ext', 'nameConstraints').trim();

export class Authority {
    #place;

    /** `name` is its own; `extensions` are lines of openssl's configuration. */
    constructor(name, extensions = []) {
        this.#place = join(facts.scratch, name.replaceAll(' ', '-'));
        mkdirSync(this.#place, { recursive: true });
        const config = this.#file('ca.cnf', ['[req]', 'distinguished_name = dn', 'x509_extensions = ca', '[dn]', '[ca]',
            'basicConstraints = critical, CA:TRUE, pathlen:0', 'keyUsage = critical, keyCertSign, cRLSign',
            'subjectKeyIdentifier = hash', ...extensions].join('\n'));
        this.certificate = join(this.#place, 'ca.pem');
        this.#key('ca');
        openssl('req', '-x509', '-new', '-key', join(this.#place, 'ca.key'), '-config', config, '-subj', `/CN=${name}`,
            '-days', '30', '-out', this.certificate);
    }

    /** Issues a certificate for these names ('DNS:localhost', 'IP:127.0.0.1'); returns what servers take. */
    issue(...names) {
        const base = names[0].replace(/\W/g, '-');
        this.#key(base);
        const at = (ending) => join(this.#place, `${base}.${ending}`);
        openssl('req', '-new', '-key', at('key'), '-subj', '/CN=site', '-out', at('csr'));
        const extensions = this.#file(`${base}.ext`, [`subjectAltName = ${names.join(',')}`, 'basicConstraints = CA:FALSE',
            'extendedKeyUsage = serverAuth', 'authorityKeyIdentifier = keyid'].join('\n'));
        openssl('x509', '-req', '-in', at('csr'), '-CA', this.certificate, '-CAkey', join(this.#place, 'ca.key'),
            '-set_serial', `0x${Date.now().toString(16)}${Math.floor(Math.random() * 65536).toString(16).padStart(4, '0')}`,
            '-days', '20', '-extfile', extensions, '-out', at('pem'));
        return { key: at('key'), certificate: at('pem') };
    }

    #key(name) {
        openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', join(this.#place, `${name}.key`));
    }

    #file(name, text) {
        const file = join(this.#place, name);
        writeFileSync(file, `${text}\n`);
        return file;
    }
}
