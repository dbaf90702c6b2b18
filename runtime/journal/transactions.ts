/**
 * Nesting for a store whose transactions do not nest: an inner one joins the outer one, which alone commits.
 *
 * When an inner one throws, the outer one cannot commit any more, even if somebody caught the error on the way: half of
 * what belongs together must never be stored.
 */
export class Transactions {
  #depth = 0;
  #failure: { readonly cause: unknown } | undefined;
  readonly #hooks: { begin(): void; commit(): void; rollback(): void };

  constructor(hooks: { begin(): void; commit(): void; rollback(): void }) {
    this.#hooks = hooks;
  }

  get active(): boolean {
    return this.#depth > 0;
  }

  run<T>(work: () => T): T {
    if (this.#depth > 0) return this.#join(work);
    this.#hooks.begin();
    this.#depth = 1;
    try {
      const result = work();
      if (this.#failure !== undefined) {
        throw new Error('a nested transaction failed and its error was swallowed; nothing of the whole was stored', {
          cause: this.#failure.cause,
        });
      }
      this.#hooks.commit();
      return result;
    } catch (error) {
      this.#hooks.rollback();
      throw error;
    } finally {
      this.#depth = 0;
      this.#failure = undefined;
    }
  }

  #join<T>(work: () => T): T {
    this.#depth++;
    try {
      return work();
    } catch (error) {
      this.#failure ??= { cause: error };
      throw error;
    } finally {
      this.#depth--;
    }
  }
}
