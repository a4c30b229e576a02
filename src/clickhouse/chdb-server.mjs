// @ts-check
// Serves ClickHouse's HTTP interface out of chDB's shared library, in a process of its own:
//   node chdb-server.mjs <libchdb.so> <data directory> <port> <config file>
// The library's C entry runs a ClickHouse "local" session whose one query opens the HTTP listener and then sleeps for
// good. It runs on a thread of its own, so that this thread can watch for the parent to go away.
import { DataType, isNullPointer, load, open, restorePointer, wrapPointer } from 'ffi-rs';
import process from 'node:process';

const [library, dataDirectory, port, configFile] = process.argv.slice(2);
const serveForEver = `
  SYSTEM START LISTEN HTTP;
  SELECT sleepEachRow(3) FROM numbers(1000000000000) SETTINGS max_block_size = 1, max_execution_time = 0`;
const args = [
  'clickhouse-local',
  '--path',
  dataDirectory,
  `--http_port=${port}`,
  '--listen_host=127.0.0.1',
  '--config-file',
  configFile,
  '--query',
  serveForEver,
];

// The parent holds the other end of stdin: it closes however the parent ends. Nothing has to be saved here: a part is
// in its files before its insert is acknowledged, and running the engine's destructors beside its threads may hang.
process.stdin.resume();
process.stdin.once('close', () => process.kill(process.pid, 'SIGKILL'));

open({ library: 'chdb', path: library ?? '' });
load({
  library: 'chdb',
  funcName: 'query_stable_v2',
  // struct local_result_v2 of chdb.h
  retType: {
    buf: DataType.External,
    len: DataType.I64,
    vec: DataType.External,
    elapsed: DataType.Double,
    rowsRead: DataType.I64,
    bytesRead: DataType.I64,
    error: DataType.External,
  },
  paramsType: [DataType.I32, DataType.StringArray],
  paramsValue: [args.length, args],
  runInNewThread: true,
}).then((result) => fail(errorIn(result.error)), fail);

/**
 * What went wrong before the session began; what goes wrong within it the engine itself prints.
 * @param {import('ffi-rs').JsExternal} pointer
 */
function errorIn(pointer) {
  if (isNullPointer(pointer)) return '';
  const [message] = restorePointer({ retType: [DataType.String], paramsValue: wrapPointer([pointer]) });
  return String(message).split(', Stack trace')[0];
}

/**
 * The session ends by itself only when it failed.
 * @param {unknown} reason
 */
function fail(reason) {
  process.stderr.write(`${reason}\n`, () => process.exit(1));
}
