// Thousands of subscribers in a process of their own: plain sockets that speak graphql-transport-ws, with no more work a
// message than to find its version. Told what to do by messages of its parent, see fanout.bench.ts.
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { WebSocket } from 'ws';

/** @type {WebSocket[]} */
let sockets = [];
/** Version → when it arrived, at each subscription. @type {Map<string, number[]>} */
let arrivals = new Map();
const now = () => performance.timeOrigin + performance.now();
const version = /"version":"(\d+)"/;

/** @param {{ url: string, key: string, query: string, retrieverId: string, connections: number, each: number }} wanted */
async function connect({ url, key, query, retrieverId, connections, each }) {
  for (let from = 0; from < connections; from += 100) {
    const some = Array.from({ length: Math.min(100, connections - from) }, () =>
      open(url, key, query, retrieverId, each),
    );
    await Promise.all(some);
  }
}

/**
 * Resolves when every subscription has its snapshot.
 * @param {string} url
 * @param {string} key
 * @param {string} query
 * @param {string} retrieverId
 * @param {number} each
 */
function open(url, key, query, retrieverId, each) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, 'graphql-transport-ws', { perMessageDeflate: false });
    sockets.push(socket);
    let snapshots = 0;
    socket.on('error', reject);
    socket.on('close', (code, reason) => reject(new Error(`closed: ${code} ${reason}`)));
    socket.on('open', () => {
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } }));
    });
    socket.on('message', (data) => {
      const at = now();
      const text = data.toString();
      if (text.includes('"connection_ack"')) {
        for (let n = 0; n < each; n++) {
          const payload = { query, variables: { id: retrieverId } };
          socket.send(JSON.stringify({ type: 'subscribe', id: String(n), payload }));
        }
        return;
      }
      const found = version.exec(text)?.[1];
      if (found === undefined) return text.includes('"error') ? reject(new Error(text)) : undefined;
      const known = arrivals.get(found);
      if (known === undefined) arrivals.set(found, [at]);
      else known.push(at);
      if (++snapshots === each) resolve(undefined);
    });
  });
}

process.on('message', async (/** @type {any} */ message) => {
  try {
    if (message.kind === 'connect') await connect(message);
    if (message.kind === 'forget') arrivals = new Map();
    if (message.kind === 'close') {
      for (const socket of sockets) socket.removeAllListeners('close').terminate();
      sockets = [];
    }
    const answer = message.kind === 'arrivals' ? [...arrivals] : null;
    process.send?.({ done: answer });
  } catch (error) {
    process.send?.({ failed: String(error) });
  }
});
