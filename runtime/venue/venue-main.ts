/**
 * The venue as a process: `node runtime/venue/venue-main.ts --seed 7 --port 0 --state venue.sqlite`.
 *
 * On loopback unless told otherwise. With `--json`, one JSON object a line on stdout: `listening` first, with the port and the event time (where the
 * participant's clock must begin); then `connected`,
 * `disconnected`, `refused`; `end` when the market is over; `stopped` last. SIGTERM and SIGINT store everything, log
 * the participant out and exit 0. Exit codes: 0 done, 2 bad usage or input, 3 the machinery failed.
 */
import { Command, InvalidArgumentError } from 'commander';
import { listenTcp } from '../fix/tcp-transport.ts';
import type { Transport } from '../fix/transport.ts';
import type { MarketFactory } from './market.ts';
import { runPaced, until } from './paced.ts';
import { replayMarket } from './replay-market.ts';
import { VenueServer, venueIdentity } from './server.ts';
import { simulatedMarket } from './simulated-market.ts';
import { SqliteVenueState } from './sqlite-venue-state.ts';
import { MemoryVenueState } from './venue-state.ts';

/** Wall time that a participant has to answer the Logout. */
const LOGOUT_PATIENCE_MS = 2000;

interface Flags {
  readonly seed: number;
  readonly host: string;
  readonly port: number;
  readonly state?: string;
  readonly log?: string;
  readonly fromUs?: number;
  readonly speed: number | 'max';
  readonly informed: boolean;
  readonly stepUs?: number;
  readonly steps?: number;
  readonly stallMs: number;
  readonly cancelOnDisconnect: boolean;
  readonly json: boolean;
}

function integer(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError('a whole number is allowed');
  return value;
}

function speed(text: string): number | 'max' {
  const value = Number(text);
  if (text === 'max') return text;
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('"max" or a number above 0 is allowed');
  return value;
}

function port(text: string): number {
  const value = integer(text);
  if (value > 65535) throw new InvalidArgumentError('0 to 65535 is allowed');
  return value;
}

function positive(text: string): number {
  const value = integer(text);
  if (value === 0) throw new InvalidArgumentError('a whole number above 0 is allowed');
  return value;
}

function readFlags(argv: readonly string[]): Flags {
  const command = new Command('venue')
    .description('A simulated or recorded market behind FIX 4.4.')
    .option('--seed <n>', 'seed of the simulated market and of the latencies', integer, 7)
    .option('--host <address>', 'bind address; who reaches it may trade as its participant', '127.0.0.1')
    .option('--port <n>', 'TCP port; 0 finds a free one', port, 0)
    .option('--state <file>', 'keeps orders, positions and sequence numbers (SQLite); none: in memory')
    .option('--log <file>', 'a recorded market log instead of the simulated market')
    .option('--from-us <n>', 'event time at which the recorded market opens', integer)
    .option('--speed <x>', 'event seconds per second, or max', speed, 1)
    .option('--no-informed', 'nobody in the simulated market trades on private knowledge')
    .option('--step-us <n>', 'event time of one step, µs', positive)
    .option('--steps <n>', 'end after so many steps', positive)
    .option('--stall-ms <n>', 'stalls each step for a random wall time up to this', integer, 0)
    .option('--cancel-on-disconnect', "cancels the participant's orders when its connection drops", false)
    .option('--json', 'JSON lines on stdout', false)
    .allowExcessArguments(false)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  return command.parse(argv).opts<Flags>();
}

function report(flags: Flags, event: string, fields: object = {}): void {
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
    return;
  }
  const words = Object.entries(fields).map(([name, value]) => `${name} ${value}`);
  process.stdout.write(`${[event, ...words].join(', ')}\n`);
}

function openVenue(flags: Flags): VenueServer {
  const market: MarketFactory =
    flags.log === undefined
      ? simulatedMarket({ seed: flags.seed, informed: flags.informed })
      : replayMarket(flags.log, flags.fromUs);
  const options = {
    market,
    seed: flags.seed,
    cancelOnDisconnect: flags.cancelOnDisconnect,
    ...(flags.stepUs === undefined ? {} : { stepUs: flags.stepUs }),
    ...(flags.steps === undefined ? {} : { endStep: flags.steps }),
  };
  const state =
    flags.state === undefined ? new MemoryVenueState() : new SqliteVenueState(flags.state, venueIdentity(options));
  return new VenueServer({ ...options, state });
}

function attachTo(venue: VenueServer, flags: Flags): (transport: Transport) => void {
  return (transport) => {
    if (!venue.free) {
      transport.close();
      report(flags, 'refused', { reason: 'a participant is connected already' });
      return;
    }
    venue.attach(transport);
  };
}

/** Says when the participant comes and goes. */
function watch(venue: VenueServer, flags: Flags): void {
  let connected = false;
  venue.onParticipant((now) => {
    if (now === connected) return;
    connected = now;
    report(flags, now ? 'connected' : 'disconnected', { step: venue.steps });
  });
}

async function serve(venue: VenueServer, flags: Flags, signal: AbortSignal): Promise<void> {
  const listener = await listenTcp({ host: flags.host, port: flags.port, onConnection: attachTo(venue, flags) });
  try {
    watch(venue, flags);
    report(flags, 'listening', { port: listener.port, host: flags.host, step: venue.steps, timeUs: venue.timeUs });
    const ending = await runPaced(venue, { speed: flags.speed, signal, stallMsMax: flags.stallMs });
    if (ending === 'ended') report(flags, 'end', { step: venue.steps });
    venue.stop(ending === 'ended' ? 'the market is over' : 'the venue is stopping');
    await until(venue, () => venue.free, LOGOUT_PATIENCE_MS, new AbortController().signal);
  } finally {
    await listener.close();
  }
}

function fail(error: unknown, exitCode: number): never {
  process.stderr.write(`venue: ${(error as Error).message}\n`);
  process.exit(exitCode);
}

async function main(): Promise<void> {
  const flags = readFlags(process.argv);
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
  process.on('uncaughtException', (error) => fail(error, 3));
  let venue: VenueServer;
  try {
    venue = openVenue(flags);
  } catch (error) {
    fail(error, 2);
  }
  try {
    await serve(venue, flags, stop.signal);
    report(flags, 'stopped', { step: venue.steps });
    venue.close();
  } catch (error) {
    fail(error, 3);
  }
}

await main();
