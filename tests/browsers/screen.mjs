// A screen that nobody sees. Chromium asks for permissions only with a window; without one it refuses at once.

import { spawn } from 'node:child_process';

export class Screen {
    #server;

    static async open() {
        const screen = new Screen();
        const options = ['-displayfd', '3', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'];
        screen.#server = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'Xvfb', ...options], {
            stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
        });
        const number = await new Promise((found, failed) => {
            screen.#server.stdio[3].once('data', found);
            screen.#server.once('exit', (code) => failed(new Error(`Xvfb ended with ${code}: is xvfb installed?`)));
        });
        screen.display = `:${String(number).trim()}`;
        return screen;
    }

    close() {
        this.#server.removeAllListeners('exit');
        this.#server.kill();
    }
}
