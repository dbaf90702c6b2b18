import { memoryTransportPair } from '../fix/memory-transport.ts';
import { type HandMadeMessage, handMadeMarket, twoInstruments } from './hand-made-log.ts';
import { VenueServer, type VenueServerOptions } from './server.ts';
import { TestParticipant } from './test-participant.ts';

export const book: HandMadeMessage = {
  timeUs: 1e6,
  snapshot: true,
  entries: [
    ['bid', 100, 10],
    ['bid', 99, 20],
    ['ask', 102, 10],
    ['ask', 103, 20],
  ],
};
/** Something happens every second, far from the touch, so that the market lasts. */
export const later: HandMadeMessage[] = Array.from({ length: 30 }, (_, i) => ({
  timeUs: (i + 2) * 1e6,
  entries: [['ask', 110, i + 1]],
}));

export interface Table {
  readonly venue: VenueServer;
  readonly participant: TestParticipant;
  /** Steps the venue so often. */
  steps(count: number): void;
}

export function connect(venue: VenueServer, participant: TestParticipant): void {
  const [left, right] = memoryTransportPair();
  venue.attach(right);
  participant.attach(left);
}

/** A venue of `messages`, with a participant at it. */
export function seat(
  messages: readonly HandMadeMessage[] = [book, ...later],
  options: Partial<VenueServerOptions> = {},
  participant = new TestParticipant(twoInstruments),
): Table {
  const venue = new VenueServer({ market: handMadeMarket(messages), seed: 1, ...options });
  venue.step(); // before anyone is there
  connect(venue, participant);
  const steps = (count: number) => {
    for (let i = 0; i < count; i++) venue.step();
  };
  return { venue, participant, steps };
}
