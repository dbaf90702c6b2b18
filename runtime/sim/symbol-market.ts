import { Random } from '../random.ts';
import type { Agent, Floor, News } from './agents/agent.ts';
import { Arbitrageur } from './agents/arbitrageur.ts';
import { Informed } from './agents/informed.ts';
import { MarketMaker } from './agents/market-maker.ts';
import { Momentum } from './agents/momentum.ts';
import { NoiseTaker } from './agents/noise-taker.ts';
import { Provider } from './agents/provider.ts';
import type { BookEvent, Sign } from './book-event.ts';
import { type BookState, MatchingBook, type OrderKind } from './matching-book.ts';
import type { SymbolProfile } from './profile.ts';
import { Value } from './value.ts';

/** Agents' owner numbers start here; those below belong to participants from outside. */
export const FIRST_AGENT_OWNER = 1000;

interface SymbolState {
  readonly nowUs: number;
  readonly dueUs: readonly number[];
  readonly book: BookState;
  readonly agents: readonly unknown[];
}

/**
 * One symbol: its book, its value and its agents. Whoever is due first acts first; ties go to the agent listed first.
 * Time is event time and moves only from one act to the next, or to a command from outside.
 */
export class SymbolMarket implements Floor {
  readonly book: MatchingBook;
  readonly value: Value;
  nowUs: number;
  readonly #agents: readonly Agent[];
  /** What makes agents of these two kinds special is only whom the market must tell. */
  readonly #traders: readonly Agent[];
  readonly #readers: readonly Agent[];
  readonly #informed: number;
  readonly #dueUs: Float64Array;
  readonly #onEvent: (event: BookEvent) => void;
  #next = 0;

  constructor(
    symbolId: number,
    profile: SymbolProfile,
    options: { seed: number; informed: boolean; startUs: number },
    onEvent: (event: BookEvent) => void,
  ) {
    this.book = new MatchingBook(symbolId, profile.priceLimitTicks);
    this.nowUs = options.startUs;
    this.#onEvent = onEvent;
    const stream = (...path: (string | number)[]) => Random.of(options.seed, 'sim', profile.instrument.symbol, ...path);
    this.value = new Value(profile, stream('value'), options.startUs, {
      onNews: (news) => this.#announce(news),
      onSecret: () => {
        if (options.informed) this.#wake(this.#informed, this.nowUs + 1);
      },
    });
    const agents: Agent[] = [this.value];
    const add = (make: (owner: number) => Agent) => agents.push(make(FIRST_AGENT_OWNER + agents.length));
    for (let i = 0; i < profile.arbitrageurs.count; i++) {
      add((owner) => new Arbitrageur(owner, profile.arbitrageurs, stream('arbitrageur', i)));
    }
    for (let i = 0; i < profile.makers.count; i++) {
      add((owner) => new MarketMaker(owner, profile, stream('maker', i), options.startUs));
    }
    for (let i = 0; i < profile.providers.count; i++) {
      add((owner) => new Provider(owner, profile.providers, stream('provider', i), options.startUs));
    }
    add((owner) => new NoiseTaker(owner, profile.noise, stream('noise'), options.startUs));
    add((owner) => new Momentum(owner, profile.momentum, stream('momentum'), options.startUs));
    this.#informed = agents.length;
    if (options.informed)
      add((owner) => new Informed(owner, profile.informed, this.value, stream('informed'), options.startUs));
    this.#agents = agents;
    this.#traders = agents.filter((agent) => agent.onTrades !== undefined);
    this.#readers = agents.filter((agent) => agent.onNews !== undefined);
    this.#dueUs = new Float64Array(agents.length).fill(options.startUs);
    this.#dueUs[0] = this.value.dueUs();
    this.#findNext();
  }

  /** When the next agent acts. */
  get nextUs(): number {
    return this.#dueUs[this.#next];
  }

  /** Lets the agent that is due first act. */
  runNext(): void {
    const index = this.#next;
    this.nowUs = this.#dueUs[index];
    this.#dueUs[index] = Number.POSITIVE_INFINITY;
    const dueUs = (this.#agents[index] as Agent).act(this);
    this.#wake(index, Math.max(dueUs, this.nowUs + 1));
    this.#findNext();
  }

  /** The agent with this owner number acts at `timeUs` if not before. */
  wake(owner: number, timeUs: number): void {
    this.#wake(owner - FIRST_AGENT_OWNER, timeUs);
  }

  get activity(): number {
    return this.value.activity;
  }

  submit(owner: number, sign: Sign, priceTicks: number, lots: number, kind: OrderKind): number {
    const id = this.book.submit(this.nowUs, owner, sign, priceTicks, lots, kind);
    this.#publish();
    return id;
  }

  cancel(orderId: number): number {
    const lots = this.book.cancel(this.nowUs, orderId);
    this.#publish();
    return lots;
  }

  replace(orderId: number, priceTicks: number, lots: number): number {
    const rests = this.book.replace(this.nowUs, orderId, priceTicks, lots);
    this.#publish();
    return rests;
  }

  /** A command from outside at `timeUs`; agents may have been woken by it. */
  outside<T>(timeUs: number, command: () => T): T {
    this.nowUs = timeUs;
    const result = command();
    this.#findNext();
    return result;
  }

  state(): SymbolState {
    return {
      nowUs: this.nowUs,
      dueUs: Array.from(this.#dueUs, (due) => (due === Number.POSITIVE_INFINITY ? NEVER : due)),
      book: this.book.state(),
      agents: this.#agents.map((agent) => agent.state()),
    };
  }

  restore(state: SymbolState): void {
    this.nowUs = state.nowUs;
    this.#dueUs.set(state.dueUs.map((due) => (due === NEVER ? Number.POSITIVE_INFINITY : due)));
    this.book.restore(state.book);
    this.#agents.forEach((agent, i) => {
      agent.restore(state.agents[i]);
    });
    this.#findNext();
  }

  #announce(news: News): void {
    for (let i = 0; i < this.#readers.length; i++) (this.#readers[i] as Required<Agent>).onNews(news, this);
  }

  #wake(index: number, timeUs: number): void {
    if (timeUs < this.#dueUs[index]) this.#dueUs[index] = timeUs;
  }

  #publish(): void {
    const { event } = this.book;
    if (event.levelCount === 0) return;
    if (event.tradeCount > 0) {
      for (let i = 0; i < this.#traders.length; i++) (this.#traders[i] as Required<Agent>).onTrades(event, this);
    }
    this.#onEvent(event);
  }

  #findNext(): void {
    let next = 0;
    for (let i = 1; i < this.#dueUs.length; i++) if (this.#dueUs[i] < this.#dueUs[next]) next = i;
    this.#next = next;
  }
}

/** JSON has no infinity. */
const NEVER = -1;
